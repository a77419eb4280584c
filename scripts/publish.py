"""Publish the marts: the command line of ``publishing.targets``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publishing.postgres import DEFAULT_READER
from publishing.targets import publish_to
from removal.journal import finish_first
from warehouse.command_line import errors_said, one_line, run_command
from warehouse.paths import warehouse_path
from warehouse.visible import SafeConsole


def main(
    warehouse: Annotated[
        Path | None,
        typer.Option("--database", help="Warehouse file. Default: WAREHOUSE_PATH or warehouse/activity.duckdb."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            envvar="TARGET",
            help="Published copy, else postgresql://user@host/database, or a folder/ for Parquet: these two from the"
            " published copy that there is. Default: PUBLISHED_PATH or warehouse/published.duckdb.",
        ),
    ] = None,
    reader: Annotated[
        str, typer.Option("--reader", envvar="READER", help="PostgreSQL: the role that may read the schema marts …")
    ] = DEFAULT_READER,
    shows_restricted: Annotated[
        bool, typer.Option("--restricted", envvar="RESTRICTED", help="… and the schema restricted (names, texts) too.")
    ] = False,
) -> None:
    """Publish the marts as a read-only DuckDB file, to PostgreSQL, or as Parquet.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = SafeConsole()
    with errors_said(console):
        if warehouse is None:
            finish_first(console)
        said = publish_to(target, warehouse or warehouse_path(), reader, console, shows_restricted=shows_restricted)
    console.print(one_line(said))


if __name__ == "__main__":
    run_command(
        main, "publish", "make publish TARGET=postgresql://user@host/database READER=bi RESTRICTED=1, or TARGET=folder/"
    )
