"""Write the main tables as one Excel workbook: typed columns, local times, and a sheet that says what each column is.

Excel knows fewer values than DuckDB. A number of more than 15 digits becomes a text, and so does a day before 1900. A
text stays a text whatever it begins with, because no cell is a formula or a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil, isfinite
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from publishing.published_tables import SITE, Column, PublishedTable, published_tables, reading, row_count_of
from warehouse.copies import SHARED, copy_kind
from warehouse.database import identifier, text_of
from warehouse.errors import WarehouseError
from warehouse.files import replace_file
from warehouse.mart_models import read_models

# The tables that a person reads in Excel; the facts behind them are one `TABLE=` away. A site's own are all in it.
MAIN = (
    "marts.fct_sessions",
    "marts.fct_session_attendance",
    "marts.dim_users",
    "restricted.user_details",
    "marts.fct_user_engagement",
    "marts.fct_content_engagement",
    "marts.fct_credit_evidence",
    "marts.fct_credits",
    "marts.fct_course_progress",
    "marts.fct_exhibitor_leads",
    "marts.fct_question_results",
    "marts.fct_reviews",
    "marts.fct_leaderboard",
    "marts.fct_team_leaderboard",
    "marts.report_reconciliation",
)
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
# Excel keeps 15 digits of a number.
LARGEST_NUMBER = 10**15
FIRST_DAY = date(1900, 3, 1)
DEFINITIONS = "definitions"
NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
ROWS_AT_ONCE = 5_000
DESCRIPTION_WIDTH, ROW_HEIGHT = 100, 15
TIME_WIDTH, LEAST_WIDTH, MOST_WIDTH = 20, 12, 50
# The button of the filter hides the last letters of a name that fills its cell.
FILTER_WIDTH = 3
A4 = 9


@dataclass(frozen=True)
class Workbook:
    """What was written: the rows of each sheet, and the tables that have too many for one."""

    rows: dict[str, int]
    left_out: dict[str, int]


def write_workbook(published: Path, target: Path, time_zone: str, table: str | None = None) -> Workbook:
    """Write the main tables of a copy, or one table of it.

    Raises:
        WarehouseError: there is no copy or no such table, it has too many rows, or the file cannot be written.
    """
    if target.suffix.lower() != ".xlsx":
        raise WarehouseError(f"{target} does not end in .xlsx. Nothing was written. Fix: --target with such a name.")
    kind = copy_kind(published)
    with reading(published) as connection:
        tables = published_tables(connection, read_models())
        wanted = _chosen(tables, table)
        counts = {str(one): row_count_of(connection, one) for one in wanted}
        too_long = {name: count for name, count in counts.items() if count >= MOST_ROWS}
        if table is not None and too_long:
            raise WarehouseError(
                f"{table} has {counts[table]:,} rows, and a sheet of Excel holds {MOST_ROWS - 1:,} below its header."
                f" Nothing was written. Fix: make export TABLE={table} for a CSV file"
            )
        written = [one for one in wanted if str(one) not in too_long]
        notes = [
            "These are the tables of the JUNO activity warehouse. Each has a sheet, and each column is explained here.",
            f"Times are in {time_zone}.",
            "People, names and texts are pseudonyms." if kind == SHARED else "This workbook holds personal data.",
            *(f"{name} is left out: {count:,} rows are too many for a sheet." for name, count in too_long.items()),
        ]

        def write(unfinished: Path) -> int:
            unfinished.touch(0o600)
            try:
                _write(connection, unfinished, written, notes, time_zone)
            except FileCreateError as error:
                raise OSError(*getattr(error.args[0], "args", (str(error),))) from error
            return len(written)

        replace_file(target, write, kind=kind)
    return Workbook({name: count for name, count in counts.items() if name not in too_long}, too_long)


def _chosen(tables: Sequence[PublishedTable], wanted: str | None) -> list[PublishedTable]:
    by_name = {str(table): table for table in tables}
    if wanted is None:
        own = [name for name, table in by_name.items() if table.schema == SITE]
        return [by_name[name] for name in (*MAIN, *own) if name in by_name]
    if wanted not in by_name:
        raise WarehouseError(
            f"there is no table {wanted}. Fix: make export XLSX=1 TABLE=… with one of {', '.join(by_name)}"
        )
    return [by_name[wanted]]


def _write(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    tables: Sequence[PublishedTable],
    notes: Sequence[str],
    time_zone: str,
) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        names = sheet_names([table.name for table in tables])
        bold = book.add_format({"bold": True, "bg_color": "#EEF0F2", "bottom": 1})
        top = book.add_format({"text_wrap": True, "valign": "top"})
        _define(book.add_worksheet(DEFINITIONS), _definitions(tables, names, time_zone), notes, bold, top)
        formats = {
            "TIMESTAMP": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "DATE": book.add_format({"num_format": "yyyy-mm-dd"}),
            "BIGINT": book.add_format({"num_format": "0"}),
            "DOUBLE": book.add_format({"num_format": "0.00##"}),
            # LibreOffice shows a value without a format of its own as 1 behind an empty cell.
            "BOOLEAN": book.add_format({"num_format": '"TRUE";"TRUE";"FALSE"', "align": "center"}),
        }
        for table, name in zip(tables, names, strict=True):
            sheet = book.add_worksheet(name)
            for place, width in enumerate(_widths(connection, table)):
                sheet.set_column(place, place, width)
            _fill(sheet, table, _rows(connection, table, time_zone), bold, formats)
            sheet.set_landscape()
            sheet.set_paper(A4)
            sheet.repeat_rows(0)


def sheet_names(names: Sequence[str]) -> list[str]:
    """A name for the sheet of each table: 31 characters at most, none that Excel refuses, and no two alike."""
    found: list[str] = []
    taken = {DEFINITIONS, "history"}
    for name in names:
        plain = NOT_IN_A_NAME.sub("_", name).strip("'")[:31] or "table"
        number = 1
        unique = plain
        while unique.lower() in taken:
            number += 1
            unique = f"{plain[: 30 - len(str(number))]}_{number}"
        taken.add(unique.lower())
        found.append(unique)
    return found


def _definitions(
    tables: Sequence[PublishedTable], names: Sequence[str], time_zone: str
) -> Iterator[tuple[str, str, str, str]]:
    """What the tables and their columns are, from the YAML beside each model: sheet, column, type, description."""
    for table, name in zip(tables, names, strict=True):
        yield name, "", str(table), table.description
        for column in table.columns:
            description = column.description
            if column.data_type == "TIMESTAMP":
                description = description.replace("(UTC)", f"({time_zone})")
            yield name, column.name, kind_of(column), description


def _define(
    sheet: Worksheet, lines: Iterator[tuple[str, str, str, str]], notes: Sequence[str], bold: Format, top: Format
) -> None:
    sheet.set_column(0, 2, 30)
    sheet.set_column(3, 3, DESCRIPTION_WIDTH)
    for row, note in enumerate(notes):
        sheet.write_string(row, 0, note)
    first = row = len(notes) + 1
    header = ("sheet", "column", "type", "description")
    for place, title in enumerate(header):
        sheet.write_string(row, place, title, bold)
    for row, line in enumerate(lines, first + 1):
        texts = [_text(" ".join(text.split())) for text in line]
        # No program finds the height of a row that it has not shown yet.
        sheet.set_row(row, ROW_HEIGHT * max(1, ceil(len(texts[-1]) / DESCRIPTION_WIDTH)))
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text, top)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(first)
    sheet.autofilter(first, 0, row, len(header) - 1)
    sheet.freeze_panes(first + 1, 0)


def kind_of(column: Column) -> str:
    """What a column holds, in words of Excel."""
    if column.data_type == "BIGINT" and column.name.endswith("_key"):
        return "text (a key)"
    kinds = {"BOOLEAN": "TRUE or FALSE", "DATE": "date", "TIMESTAMP": "local time", "VARCHAR": "text"}
    return kinds.get(column.data_type, "text" if "[" in column.data_type else "number")


def _rows(connection: duckdb.DuckDBPyConnection, table: PublishedTable, time_zone: str) -> Iterator[tuple[Any, ...]]:
    zone = text_of(time_zone)
    values = ", ".join(
        f"({identifier(column.name)} at time zone 'UTC' at time zone {zone}) as {identifier(column.name)}"
        if column.data_type == "TIMESTAMP"
        else identifier(column.name)
        for column in table.columns
    )
    order = ", ".join(identifier(column) for column in table.grain) or "all"
    result = connection.execute(f"select {values} from {table.sql_name} order by {order}")
    while rows := result.fetchmany(ROWS_AT_ONCE):
        yield from rows


def _widths(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> list[int]:
    """How wide each column is: its name and its values fit, unless a text is long."""
    texts = ", ".join(f"max(length({identifier(column.name)}::varchar))" for column in table.columns)
    [longest] = connection.execute(f"select {texts} from {table.sql_name}").fetchall()
    return [
        max(
            len(column.name) + FILTER_WIDTH,
            TIME_WIDTH if column.data_type == "TIMESTAMP" else LEAST_WIDTH,
            # A format cuts off the decimals. Excel shows a whole number that does not fit as ####.
            min(length or 0, MOST_WIDTH) if column.data_type != "DOUBLE" else 0,
        )
        for column, length in zip(table.columns, longest, strict=True)
    ]


def _fill(
    sheet: Worksheet, table: PublishedTable, rows: Iterator[tuple[Any, ...]], bold: Format, formats: dict[str, Format]
) -> None:
    writers = [_writer(sheet, column, formats) for column in table.columns]
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.name, bold)
    last = 0
    for last, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            if value is not None:
                writers[place](last, place, value)
    sheet.autofilter(0, 0, last, len(table.columns) - 1)
    sheet.freeze_panes(1, 0)


def _writer(sheet: Worksheet, column: Column, formats: dict[str, Format]) -> Callable[[int, int, Any], object]:
    """What writes a value of a column that is not null."""

    def text(row: int, place: int, value: Any) -> object:
        return sheet.write_string(row, place, _text(str(value)))

    def moment(row: int, place: int, value: Any) -> object:
        if (value.date() if isinstance(value, datetime) else value) < FIRST_DAY:
            return text(row, place, value)
        return sheet.write_datetime(row, place, value, formats[column.data_type])

    def number(row: int, place: int, value: Any) -> object:
        if not isfinite(value) or abs(value) >= LARGEST_NUMBER:
            return text(row, place, value)
        return sheet.write_number(row, place, value, formats["BIGINT" if isinstance(value, int) else "DOUBLE"])

    def flag(row: int, place: int, value: Any) -> object:
        return sheet.write_boolean(row, place, value, formats[column.data_type])

    if column.data_type == "BOOLEAN":
        return flag
    if column.data_type in ("DATE", "TIMESTAMP"):
        return moment
    return number if kind_of(column) == "number" else text


def _text(text: str) -> str:
    """A text as a cell may hold it."""
    # The library takes <r>…</r> for cells of several fonts, and writes it as it is.
    return (f" {text}" if text.startswith("<r>") and text.endswith("</r>") else text)[:LONGEST_TEXT]
