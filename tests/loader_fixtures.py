"""Reports written by hand for the tests of the loader, and what is in the warehouse afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from landing.land import land_reports
from landing.outcome import Declaration, Landing

_TITLES = "User ID,First,Last,Company,Email,Category,Action,Label,Date,Content ID,Content Name,Content Slug"
HEADER = tuple(_TITLES.split(","))
SHORT_HEADER = "User ID,Category,Action,Label,Date"
DAY = "2024-05-01 10:00:00"


def activity(user: str, label: str = "hello", date: str = DAY) -> str:
    """A line under SHORT_HEADER, with the label and the date as they are to be in the file."""
    return f"{user},Chat,Message,{label},{date}"


def report_text(*lines: str, header: str = SHORT_HEADER, line_end: str = "\n") -> str:
    """A report of these lines."""
    return "".join(line + line_end for line in (header, *lines))


def write(path: Path, content: str | bytes) -> Path:
    """Write a file, byte for byte."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def land(warehouse: duckdb.DuckDBPyConnection, path: Path, declaration: Declaration | None = None) -> Landing:
    """Land one file. It is not compared with earlier ones, which takes longer than to land it (test_twins.py does)."""
    [landing] = land_reports(warehouse, [path], declaration or Declaration(), checks_twins=False)
    return landing


def rows(warehouse: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    """The rows of a query; the bare values if it has one column."""
    found = warehouse.execute(query).fetchall()
    return [row[0] for row in found] if found and len(found[0]) == 1 else found


def landed_users(warehouse: duckdb.DuckDBPyConnection) -> list[Any]:
    """Record number and user of everything that landed."""
    return rows(warehouse, "select record_number, user_id from raw.activities order by record_number")


def rejected_numbers(warehouse: duckdb.DuckDBPyConnection) -> list[int]:
    """Record numbers of everything that was rejected."""
    return rows(warehouse, "select record_number from raw.rejected_records order by record_number")


def texts(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Every text in every column of every table."""
    columns: dict[str, list[str]] = {}
    for schema, table, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        " and database_name = current_database()"
    ).fetchall():
        columns.setdefault(f'{schema}."{table}"', []).append(f'"{column}"::varchar')
    found: set[str] = set()
    for table, values in columns.items():
        query = f"select distinct unnest([{', '.join(values)}]) from {table}"
        found.update(value for (value,) in connection.execute(query).fetchall() if value is not None)
    return found
