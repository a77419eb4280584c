"""Export a table as a CSV: the command line of ``publishing.export_table``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from publishing.export_table import REJECTED, export
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.paths import published_path, warehouse_path


def main(
    table: Annotated[str, typer.Argument(metavar="SCHEMA.TABLE", envvar="TABLE")] = REJECTED,
    target: Annotated[
        Path | None, typer.Option("--target", help="CSV file. Default: the table's name beside the published copy.")
    ] = None,
) -> None:
    """Export a table of the marts, or the rejected records, as a CSV for a spreadsheet.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    path = target or published_path().with_name(f"{table.rpartition('.')[2]}.csv")
    with errors_said(console, also=(duckdb.Error,)):
        finish_first(console)
        count = export(table, warehouse_path(), published_path(), path)
    console.print(f"{count:,} rows of {escape(table)} are in {escape(str(path))}", highlight=False)


if __name__ == "__main__":
    run_command(main, "export", "make export TABLE=marts.fct_leaderboard")
