"""Show what a build on Spark cost: the command line of ``spark.events``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spark.events import as_markdown, read_costs
from warehouse.errors import WarehouseError


def main(events: Annotated[Path, typer.Argument(help="Folder of the event logs (spark.eventLog.dir).")]) -> None:
    """Show what a build on Spark cost, by model.

    Exit codes: 0 shown; 1 there is no event log; 2 wrong usage.
    """
    try:
        typer.echo(as_markdown(read_costs(events)))
    except WarehouseError as error:
        Console(soft_wrap=True).print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
