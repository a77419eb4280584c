"""Export a table as a CSV that a spreadsheet may open.

A text that people typed can begin like a formula, and a spreadsheet would run it. Such a text gets an apostrophe in
front, and behind each sign that could begin another cell. The apostrophe marks a text in every spreadsheet. Inside the
warehouse the text stays as it was written.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from publishing.published_tables import PUBLISHED_SCHEMAS
from warehouse.copies import PUBLISHED, mark_of
from warehouse.database import connect, identifier
from warehouse.errors import WarehouseError
from warehouse.files import replace_file

# A spreadsheet takes these for the beginning of a formula, also behind blanks and in full width.
FORMULA = r"^\s*[=+\-@\t\r＝＋－＠]"
# The same behind a sign at which a spreadsheet may begin another cell, as one of another country does at a semicolon.
FORMULA_IN_A_CELL = r"([;\t\r\n|])(\s*[=+\-@＝＋－＠])"
# Types that hold no text, so that they are written as they are.
TEXTLESS = re.compile(r"(BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|DATE|TIME.*|INTERVAL)")
REJECTED = "raw.rejected_records"


def export(table: str, warehouse: Path, published: Path, target: Path) -> int:
    """Write a table of the published copy, or the rejected records, to a CSV file in UTF-8; returns its rows.

    Raises:
        WarehouseError: there is no such table, or the file cannot be written; the old one stays.
    """
    if target.suffix.lower() != ".csv":
        raise WarehouseError(
            f"{target} does not end in .csv. Nothing was written. Fix: --target with a name that does."
        )
    source = warehouse if table == REJECTED else published
    if not source.exists():
        raise WarehouseError(f"there is no {source}. Fix: make build")
    with connect(source, read_only=True) as connection:
        if not _columns(connection, table):
            known = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() where list_contains(?, schema_name)"
                " order by 1",
                [list(PUBLISHED_SCHEMAS)],
            ).fetchall()
            names = ", ".join(name for (name,) in known)
            raise WarehouseError(f"there is no table {table}. Fix: make export TABLE=… with one of {REJECTED}, {names}")
        schema, name = table.split(".", 1)
        # Rejected records name people, whatever the copy is.
        mark = None if table == REJECTED else mark_of(published)
        query = f"select * from {identifier(schema, name)} order by all"
        return write_csv(connection, query, target, PUBLISHED if mark is None else mark.kind)


def write_csv(connection: duckdb.DuckDBPyConnection, query: str, target: Path, kind: str = PUBLISHED) -> int:
    """Write the rows of a query of a copy of some kind to a CSV file for a spreadsheet; returns their number.

    Raises:
        WarehouseError: the file cannot be written; the old one stays.
    """
    columns = connection.execute(f"describe {query}").fetchall()
    values = ", ".join(_safe(column, data_type) for column, data_type, *_ in columns)

    def copy(unfinished: Path) -> int:
        path = str(unfinished).replace("'", "''")
        [(count,)] = connection.execute(
            f"copy (select {values} from ({query})) to '{path}' (header, force_quote *)"
        ).fetchall()
        return int(count)

    return replace_file(target, copy, kind=kind)


def safe_columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """SQL for all columns of a table, with texts that a spreadsheet would run marked as texts."""
    return ", ".join(_safe(column, data_type) for column, data_type in _columns(connection, f"{schema}.{table}"))


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and schema_name || '.' || table_name = ? order by column_index",
        [table],
    ).fetchall()


def _safe(column: str, data_type: str) -> str:
    name = identifier(column)
    if TEXTLESS.fullmatch(data_type):
        return name
    # Lists and structures hold texts too.
    written = f"{name}::varchar"
    text = f"regexp_replace({written}, '{FORMULA_IN_A_CELL}', '\\1''\\2', 'g')"
    return f"case when regexp_matches({written}, '{FORMULA}') then '''' || {text} else {text} end as {name}"
