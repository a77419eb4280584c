"""Withdraw a report from a landing in Parquet: what ``withdraw`` does to a warehouse.

Exit codes: 0 withdrawn; 1 not, and said; 2 wrong usage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from land_parquet import LandingOption
from load_reports import printable
from make_usage import run_command
from parquet_landing import writing
from parquet_layout import MARKS, landing_path, partition, place, take_out, write_parquet
from warehouse import WarehouseError, in_words
from withdraw import FIX, Report, find_report, withdraw


def withdraw_from(root: Path, wanted: str) -> Report:
    """Take a report out of a landing, and remember its bytes, so that the next landing leaves its file out.

    Raises:
        WarehouseError: none is meant, or several are.
    """
    with writing(root) as connection:
        report = find_report(connection, wanted, Path(f"{root}.scratch-published"))
        if report.withdrawn_at is None:
            withdraw(connection, report)
            mark = Path(f"{root}.scratch-mark")
            write_parquet(connection, MARKS, "report_id", report.report_id, mark)
            # From here on the next command would do the rest.
            place(mark, partition(root, MARKS, report.site_id, report.report_id))
            take_out(root, report.site_id, report.report_id)
    return report


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
