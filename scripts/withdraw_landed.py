"""Withdraw a report from a landing in Parquet: the command line of ``removal.withdraw_landed``."""

from __future__ import annotations

from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from landing.options import LandingOption
from landing.parquet_files import landing_path
from landing.told import printable
from removal.withdraw_landed import withdraw_from
from warehouse.command_line import run_command
from warehouse.errors import WarehouseError, in_words
from withdraw import FIX


def main(
    wanted: Annotated[
        str,
        typer.Argument(metavar="REPORT", envvar="REPORT", help="Id of the report, its first characters, or file name."),
    ],
    landing: LandingOption = None,
) -> None:
    """Withdraw a report from a landing in Parquet.

    Exit codes: 0 withdrawn; 1 not, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    try:
        report = withdraw_from((landing or landing_path()).resolve(), wanted)
    except WarehouseError as error:
        console.print(f"[red]{printable(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        console.print(f"[red]Not withdrawn to the end: {escape(in_words(error))}[/red]")
        raise typer.Exit(1) from error
    console.print(f"[green]Withdrawn[/green] from the landing: {printable(str(report))}", highlight=False)
    console.print("It goes from the marts with the next dbt build --target spark.")


if __name__ == "__main__":
    run_command(main, "withdraw", f"{FIX} LANDING=… names the folder of the Parquet files.")
