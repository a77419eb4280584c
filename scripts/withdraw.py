"""Withdraw a report that was loaded by mistake: the command line of ``removal.withdraw``."""

from __future__ import annotations

from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from building.rebuild import Files, rebuild
from landing.land import LANDED_REPORTS
from removal.withdraw import find_report, known_reports, tell, withdraw
from warehouse.command_line import run_command
from warehouse.database import RAW_TABLES, number_of
from warehouse.errors import WarehouseError, in_words

FIX = "make withdraw REPORT=x.csv with the file name of a report or its id; DRY_RUN=1 to only see what would go."


def main(
    wanted: Annotated[
        str,
        typer.Argument(metavar="REPORT", envvar="REPORT", help="Id of the report, its first characters, or file name."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
) -> None:
    """Withdraw a report, from the warehouse and its copies.

    Exit codes: 0 withdrawn; 1 not, or not to the end, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    files = Files.of_environment()
    try:
        with files.open_warehouse() as connection:
            # Whatever ends early, a dry run too, is rolled back, down to the tables that an older warehouse lacks.
            connection.execute("begin")
            connection.execute(RAW_TABLES)
            report = find_report(connection, wanted, files.published)
            is_new = report.withdrawn_at is None
            if is_new:
                tell(connection, report, console)
            else:
                console.print(f"It is withdrawn already: {report}", highlight=False, markup=False)
            if dry_run:
                console.print("Nothing was changed.")
                raise typer.Exit(0)
            if is_new:
                withdraw(connection, report)
            left = number_of(connection, f"select count(*) from ({LANDED_REPORTS})")
            connection.execute("commit")
        copies = rebuild(files, "The report is withdrawn", console)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        console.print(f"[red]Not withdrawn to the end: {escape(in_words(error))}[/red]")
        raise typer.Exit(1) from error
    console.print(f"[green]Withdrawn[/green] from the warehouse and {copies}; {left:,} reports are left.")
    if not left:
        console.print("All tables are empty until make build lands a report, or the sample while reports/ holds none.")
    console.print("Its file stays where it is, and is left out from now on. To land it again: make build AGAIN=1")


if __name__ == "__main__":
    run_command(main, "withdraw", FIX, known_reports)
