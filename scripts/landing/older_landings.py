"""How a landing in Parquet of an older version becomes one of today; each command that writes to it begins so."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from landing.parquet_files import FILE_NAME, MARKS, REJECTED, begin_rewriting, drop, place
from warehouse.files import to_disk
from warehouse.older import DAY_OF_OLDER, KIND_OF_OLDER

# What the table of removed reports and its time were called.
OLDER_MARKS, OLDER_TIME = "withdrawn_reports", "withdrawn_at"  # older names


def rename_marks(root: Path) -> None:
    """Give the marks of a landing that an older version made the names of today."""
    for older in sorted((root / OLDER_MARKS).glob(f"*/*/{FILE_NAME}")):
        written = Path(f"{root}.scratch-mark")
        with duckdb.connect() as connection:
            _write_again(connection, f"* rename ({OLDER_TIME} as removed_at)", older, written)
        place(written, root / MARKS / older.parent.relative_to(root / OLDER_MARKS))
        drop(older.parent)
    shutil.rmtree(root / OLDER_MARKS, ignore_errors=True)


def name_kinds(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Give the rejected records of a landing that an older version made their kinds, all or none."""
    files = list((root / REJECTED).glob(f"*/*/{FILE_NAME}"))
    # All are of one version, because each command that writes to a landing begins with this.
    if (
        not files
        or connection.execute(
            "select 1 from parquet_schema($file) where name = 'kind'", {"file": str(files[0])}
        ).fetchone()
    ):
        return
    unfinished = Path(f"{root}.scratch-kinds")
    for file in files:
        written = unfinished / file.relative_to(root)
        written.parent.mkdir(parents=True)
        columns = f"*, {KIND_OF_OLDER} as kind, {DAY_OF_OLDER} as impossible_date"
        _write_again(connection, columns, file, written)
    begin_rewriting(root, unfinished)


def _write_again(connection: duckdb.DuckDBPyConnection, columns: str, older: Path, written: Path) -> None:
    """Write what a file of an older version holds, in the columns of today."""
    connection.execute(
        f"copy (select {columns} from read_parquet($older, hive_partitioning = false))"
        " to $written (format parquet, compression zstd)",
        {"older": str(older), "written": str(written)},
    )
    to_disk(written)
