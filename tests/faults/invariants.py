"""What must hold of a warehouse and its published copy, whatever was killed.

Everything here is computed apart from the code under test: contents by DuckDB's ``hash``, records by Python's ``csv``.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from pathlib import Path

import duckdb

# The print of a table: how many rows it has, and the sum of their hashes, which no order changes.
Prints = dict[str, tuple[int, int]]
# The prints of a report, by the name of its file: of its row in the manifest, and of its records in each table.
ReportPrints = dict[str, Prints]

PUBLISHED = ("marts", "restricted", "site")
MANIFESTS = ("reports", "user_reports")
RECORDS = ("activities", "users", "rejected_records")
# The tables that hold the records of activity reports: neither has what the other lacks.
PARTS = (
    ("records", "record_id", "report_records"),
    ("events", "event_id", "records"),
    ("user_names", "user_name_id", "records"),
    ("content_names", "content_name_id", "records"),
)
# When something was landed is no part of what was landed.
PASSING = ("loaded_at",)


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a file without writing to it."""
    return duckdb.connect(str(path), read_only=True)


def table_prints(connection: duckdb.DuckDBPyConnection, *schemas: str) -> Prints:
    """The print of every table of some schemas."""
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select schema_name || '.\"' || table_name || '\"', column_name from duckdb_columns()"
        " where not internal and list_contains(?, schema_name) order by table_name, column_index",
        [list(schemas)],
    ).fetchall():
        columns.setdefault(table, []).append(column)
    return {
        table: print_of_table
        for table, names in columns.items()
        for (print_of_table,) in connection.execute(f"select {_print(names)} from {table}").fetchall()
    }


def _print(columns: list[str]) -> str:
    """SQL for the print of a table or of a part of it."""
    kept = ", ".join(f'"{column}"' for column in columns if column not in PASSING)
    return f"(count(*), coalesce(sum(hash({kept})::hugeint), 0))"


def published_prints(path: Path) -> Prints:
    """The print of every table of a published copy."""
    with open_read_only(path) as connection:
        return table_prints(connection, *PUBLISHED)


def count_records(path: Path) -> int:
    """How many records a report holds, by Python's csv: rows that are not blank, without the header."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    header = text.splitlines()[0]
    delimiter = max(",;\t", key=header.count)
    return sum(1 for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row) - 1


def raw_faults(connection: duckdb.DuckDBPyConnection, counts: Mapping[str, int], reference: ReportPrints) -> list[str]:
    """What is wrong in raw: reports that are there in part, or otherwise than in an undisturbed warehouse.

    Args:
        connection: the warehouse, open for writing, so that its log has been replayed.
        counts: how many records each file holds.
        reference: the reports of the undisturbed warehouse.
    """
    tables = {
        row[0]
        for row in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw'"
        ).fetchall()
    }
    if not {*MANIFESTS, *RECORDS} <= tables:
        # The loader creates its tables one by one before the first file.
        return [f"raw.{table} has rows before all tables are there" for table in tables if _rows(connection, table)]
    faults = []
    for manifest in MANIFESTS:
        for name, recorded, landed, rejected in connection.execute(
            f"select file_name, record_count, landed_count, rejected_count from raw.{manifest}"
        ).fetchall():
            if recorded != landed + rejected:
                faults.append(f"{name}: {recorded} records are not {landed} landed and {rejected} rejected")
            if recorded != counts.get(name):
                faults.append(f"{name}: {recorded} records in the manifest, {counts.get(name)} in the file")
    manifest_ids = " union all ".join(f"select report_id from raw.{manifest}" for manifest in MANIFESTS)
    for table in RECORDS:
        query = f"select count(*) from raw.{table} where report_id not in ({manifest_ids})"
        row = connection.execute(query).fetchone()
        if row and row[0]:
            faults.append(f"raw.{table} holds {row[0]} records of no report")
    faults += _misfits(connection)
    for name, prints in report_prints(connection).items():
        if prints != reference.get(name):
            faults.append(f"{name}: {prints}, but undisturbed {reference.get(name)}")
    return faults


def _misfits(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Parts of records that lack another part."""
    faults = []
    misfits = {
        f"raw.{table} and raw.{user}": f"raw.{table} full join raw.{user} using ({key})"
        f" where {table} is null or {user} is null"
        for table, key, user in PARTS
    }
    misfits["raw.report_records and raw.report_numbers"] = (
        "raw.report_records anti join raw.report_numbers using (report_number)"
    )
    for tables, misfit in misfits.items():
        row = connection.execute(f"select count(*) from {misfit}").fetchone()
        if row and row[0]:
            faults.append(f"{tables} do not fit together in {row[0]} rows")
    return faults


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from raw.{table}").fetchone()
    return row[0] if row else 0


def report_prints(connection: duckdb.DuckDBPyConnection) -> ReportPrints:
    """The print of every landed report by the name of its file: its row in the manifest, and its records."""
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'raw' order by all"
    ).fetchall():
        columns.setdefault(table, []).append(column)
    # By table and report: to ask for one report after the other takes longer.
    found = {
        table: dict(
            connection.execute(
                f"select report_id, {_print(columns[table])} from raw.{table} group by report_id"
            ).fetchall()
        )
        for table in (*MANIFESTS, *RECORDS)
    }
    prints: ReportPrints = {}
    for manifest in MANIFESTS:
        for report_id, name in connection.execute(f"select report_id, file_name from raw.{manifest}").fetchall():
            if name in prints:
                prints[f"{name} (twice)"] = {}
            prints[name] = {table: found[table].get(report_id, (0, 0)) for table in (manifest, *RECORDS)}
    return prints


def landed_reports(path: Path) -> ReportPrints:
    """The print of every report of a warehouse. Reading only: others may read a shared one at the same time."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return report_prints(connection)


def leftovers(data: Path, temporary: Path, wanted: set[str]) -> list[str]:
    """Files beside the warehouse or among the temporary files that should not be there."""
    # A salt is made once and stays, and a killed command's lock is the next one's.
    kept = {"meeting_salt"} | {path.name for path in data.glob(".*.lock")}
    beside = [path.name for path in data.iterdir() if path.name not in wanted | kept]
    return sorted([*beside, *(f"tmp/{path.name}" for path in temporary.iterdir())])
