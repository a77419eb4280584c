"""Export a table as a CSV: the command line of ``publishing.export_table``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from publishing.export_table import REJECTED, export
from publishing.workbook import write_workbook
from removal.journal import finish_first
from warehouse.command_line import counted, errors_said, one_line, run_command
from warehouse.copies import name_beside
from warehouse.names import name_for_file
from warehouse.paths import published_path, warehouse_path
from warehouse.settings import read_settings
from warehouse.visible import SafeConsole


def main(
    table: Annotated[str | None, typer.Argument(metavar="SCHEMA.TABLE", envvar="TABLE")] = None,
    is_workbook: Annotated[
        bool, typer.Option("--xlsx/--csv", envvar="XLSX", help="Write an Excel workbook of the main tables.")
    ] = False,
    target: Annotated[
        Path | None, typer.Option("--target", help="File. Default: the table's name beside the published copy.")
    ] = None,
) -> None:
    """Export a table of the marts, or the rejected records, as a CSV; or the main tables as an Excel workbook.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = SafeConsole()
    published = published_path()
    if is_workbook:
        _write_workbook(console, published, table, target)
        return
    table = table or REJECTED
    with errors_said(console):
        finish_first(console)
        name = _file_of(table, "csv")
        # Rejected records come from the warehouse, whatever the copy is.
        path = target or (published.with_name(name) if table == REJECTED else name_beside(published, name))
        count = export(table, warehouse_path(), published, path)
    console.print(
        f"{counted(count, 'row')} of {one_line(table)} {'is' if count == 1 else 'are'} in {one_line(str(path))}"
    )


def _file_of(table: str, suffix: str) -> str:
    """The name of the file of a table, which may turn out not to exist."""
    return f"{name_for_file(table.rpartition('.')[2])}.{suffix}"


def _write_workbook(console: Console, published: Path, table: str | None, target: Path | None) -> None:
    with errors_said(console):
        finish_first(console)
        path = target or (
            published.with_suffix(".xlsx") if table is None else name_beside(published, _file_of(table, "xlsx"))
        )
        book = write_workbook(published, path, str(read_settings()["reporting_time_zone"]), table)
    lines = [f"{counted(sum(book.rows.values()), 'row')} of {counted(len(book.rows), 'table')} are in {path}"]
    lines += [
        f"{name} is left out, because a sheet of Excel does not hold its {count:,} rows. Fix: make export TABLE={name}"
        for name, count in book.left_out.items()
    ]
    for line in lines:
        console.print(line, markup=False)


if __name__ == "__main__":
    run_command(main, "export", "make export TABLE=marts.fct_leaderboard, or XLSX=1 for a workbook")
