"""Write the manual as a site, with columns and lineage: the command line of ``page.manual``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from page.manual import write_manual
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.paths import PROJECT_ROOT, resolved
from warehouse.visible import SafeConsole


def main(
    output: Annotated[Path, typer.Option(help="Folder to write.")] = PROJECT_ROOT / "warehouse" / "manual",
) -> None:
    """Write the manual of the built warehouse. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    console = SafeConsole(stderr=True)
    with errors_said(console):
        finish_first(console)
        write_manual(resolved(output))
    typer.echo(f"The manual: {output / 'index.html'}")


if __name__ == "__main__":
    run_command(main)
