"""Show what a build on Spark cost: the command line of ``spark.events``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spark.events import as_markdown, read_costs
from warehouse.command_line import errors_said, run_command
from warehouse.visible import SafeConsole


def main(events: Annotated[Path, typer.Argument(help="Folder of the event logs (spark.eventLog.dir).")]) -> None:
    """Show what a build on Spark cost, by model.

    Exit codes: 0 shown; 1 there is no event log; 2 wrong usage.
    """
    with errors_said(SafeConsole()):
        typer.echo(as_markdown(read_costs(events)))


if __name__ == "__main__":
    run_command(main)
