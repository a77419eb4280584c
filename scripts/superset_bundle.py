"""Make the bundle of dashboards: the command line of ``dashboards.bundle``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboards.bundle import make_bundle, write_bundle
from dashboards.source import SOURCES, SourceError, read_contracts, read_source
from warehouse.command_line import errors_said, one_line, run_command
from warehouse.paths import PROJECT_ROOT, published_path
from warehouse.visible import SafeConsole


def main(
    output: Annotated[Path, typer.Option(help="Zip file to write.")] = PROJECT_ROOT
    / "warehouse"
    / "superset"
    / "dashboards.zip",
    database: Annotated[
        Path | None,
        typer.Option(
            help="DuckDB file that the dashboards read. Default: PUBLISHED_PATH or warehouse/published.duckdb."
        ),
    ] = None,
    source: Annotated[Path, typer.Option(help="Folder of the dashboards.")] = SOURCES,
) -> None:
    """Make the bundle of dashboards. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    console = SafeConsole()
    with errors_said(console, also=(SourceError,)):
        bundle = make_bundle(read_source(source), read_contracts(), database or published_path())
        write_bundle(bundle, output)
    counts = {
        kind: sum(path.startswith(f"{kind}/") for path in bundle) for kind in ("dashboards", "charts", "datasets")
    }
    found = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    console.print(f"{found} in {one_line(str(output))}")


if __name__ == "__main__":
    run_command(main)
