"""Export a table as a CSV that a spreadsheet may open.

A text that people typed can begin like a formula, and a spreadsheet would run it. Such a text gets an apostrophe in
front, and behind each sign that could begin another cell. The apostrophe marks a text in every spreadsheet. Inside the
warehouse the text stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb

from publishing.published_tables import PUBLISHED_SCHEMAS
from reports.text import FORMULA_SIGNS
from warehouse.copies import PUBLISHED, copy_kind
from warehouse.database import identifier, opened, text_of
from warehouse.errors import WarehouseError
from warehouse.files import replace_file

# Also behind blanks, invisible signs and quotation marks.
FORMULA = rf'^[\p{{Z}}\p{{C}}"]*[{FORMULA_SIGNS}\t\r]'
# The same behind a sign at which a spreadsheet may begin another cell, as one of another country does at a semicolon.
# The last of several such signs counts.
FORMULA_IN_A_CELL = rf'([;\t\r\n|])([\p{{Z}}\p{{Cf}}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"]*[{FORMULA_SIGNS}])'
# A phone number. A CRM would take the apostrophe for a part of it, and as a formula it is a sum at most.
PHONE = r"\+[0-9][0-9 ()./-]*"
# Types that hold no text, so that they are written as they are.
TEXTLESS = re.compile(r"(BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|DATE|TIME.*|INTERVAL)")
REJECTED = "raw.rejected_records"
# Without it Excel takes UTF-8 for the encoding of the machine, and Anaïs becomes AnaÃ¯s.
BYTE_ORDER_MARK = "\ufeff"


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
    with opened(source) as connection:
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
        kind = PUBLISHED if table == REJECTED else copy_kind(published)
        return write_csv(connection, f"select * from {identifier(schema, name)} order by all", target, kind=kind)


def write_csv(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    target: Path,
    *,
    kind: str = PUBLISHED,
    is_for_a_spreadsheet: bool = True,
) -> int:
    """Write the rows of a query to a CSV file; returns their number.

    Args:
        connection: where the query is asked.
        query: the rows.
        target: the file.
        kind: that of the copy that the rows are from.
        is_for_a_spreadsheet: whether it begins with the mark of UTF-8, which some other programs do not take, and
            marks phone numbers as texts.

    Raises:
        WarehouseError: the file cannot be written; the old one stays.
    """
    columns = connection.execute(f"describe {query}").fetchall()
    values = ", ".join(
        _safe(column, data_type, keeps_phones=not is_for_a_spreadsheet) for column, data_type, *_ in columns
    )
    rows, mark = f"select {values} from ({query})", BYTE_ORDER_MARK if is_for_a_spreadsheet else ""
    return replace_file(target, lambda unfinished: copy_rows(connection, rows, unfinished, mark=mark), kind=kind)


def copy_rows(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    path: Path,
    parameters: Mapping[str, object] | None = None,
    *,
    mark: str = BYTE_ORDER_MARK,
) -> int:
    """Copy the rows of a query as they are into a new CSV file that begins with a mark; returns their number."""
    names = [column for column, *_ in connection.execute(f"describe {query}", parameters).fetchall()]
    header = f"{mark}{','.join(map(_header_cell, names))}\n"
    [(count,)] = connection.execute(
        f"copy ({query}) to {text_of(str(path))} (header false, force_quote *, prefix {text_of(header)}, suffix '\n')",
        parameters,
    ).fetchall()
    if not count:
        # DuckDB ends it with a blank line.
        path.write_text(header, encoding="utf-8")
    return int(count)


def _header_cell(name: str) -> str:
    """The name of a column; in quotation marks only where it needs them, because Dynamics takes none there."""
    return name if re.fullmatch(r"[\w .-]+", name) else '"' + name.replace('"', '""') + '"'


def safe_columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """SQL for all columns of a table, with texts that a spreadsheet would run marked as texts."""
    return ", ".join(_safe(column, data_type) for column, data_type in _columns(connection, f"{schema}.{table}"))


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and schema_name || '.' || table_name = ? order by column_index",
        [table],
    ).fetchall()


def _safe(column: str, data_type: str, *, keeps_phones: bool = False) -> str:
    name = identifier(column)
    if TEXTLESS.fullmatch(data_type):
        return name
    # Lists and structures hold texts too.
    written = f"{name}::varchar"
    text = f"regexp_replace({written}, '{FORMULA_IN_A_CELL}', '\\1''\\2', 'g')"
    kept = f"when regexp_full_match({written}, '{PHONE}') then {written} " if keeps_phones else ""
    return f"case {kept}when regexp_matches({written}, '{FORMULA}') then '''' || {text} else {text} end as {name}"
