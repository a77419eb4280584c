"""Where the tables of a landing in Parquet lie, and how a report gets in and out of it.

``<landing>/<table>/site_id=<site>/report_id=<id>/records.parquet`` holds a table of the schema raw
(``warehouse/raw_tables.sql``). A file never changes under its name: it is written elsewhere and renamed. The row of the
manifest (``reports``, ``user_reports``) is the last to get in and the first to get out, and what has none counts for
nothing.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from landing.meetings import SALTS
from warehouse.files import to_disk
from warehouse.paths import PROJECT_ROOT
from warehouse.raw import store_table
from warehouse.raw_tables import columns_of_raw

OF_REPORTS = "report_declarations"
REJECTED = "rejected_records"
RECORDS = ("activities", "users", REJECTED, OF_REPORTS)
MANIFESTS = ("reports", "user_reports")
MARKS = "removed_reports"
FORGOTTEN = "forgotten_users"
DECLARATIONS = "declarations"
FILE_NAME = "records.parquet"
# The report id of rows that belong to a site and to no report, such as its declarations: the layout needs one.
NO_REPORT = "none"

# What Hive and Spark write as %XX in the name of a partition. Python's quote() would do so with letters, too.
ESCAPED = re.compile(r"[\x00-\x1f\x7f\"#%'*/:=?\\{\[\]^]")


TABLES = (*RECORDS, *MANIFESTS, MARKS, FORGOTTEN, SALTS, DECLARATIONS)


def landing_path() -> Path:
    """Folder of the landing: ``SPARK_LANDING``, or ``warehouse/landing`` in the project."""
    return Path(os.environ.get("SPARK_LANDING", PROJECT_ROOT / "warehouse" / "landing"))


@dataclass(frozen=True)
class StagedReport:
    """A report that was taken apart, and has no place in the landing yet.

    Attributes:
        report_id: its id.
        site_id: its site.
        file_name: its name in the manifest.
        file_sha256: the hash of its bytes.
        files: by table, the file that is to take its place there; the manifest's is one of them.
        moved: hashes of people in it who were forgotten in the site that it had before.
    """

    report_id: str
    site_id: str
    file_name: str
    file_sha256: str
    files: dict[str, Path]
    moved: tuple[str, ...] = ()

    @property
    def manifest(self) -> str:
        """The table of its manifest."""
        return next(table for table in MANIFESTS if table in self.files)


def partition(root: Path, table: str, site_id: str, report_id: str) -> Path:
    """The folder that holds what a report has in a table."""
    return root / table / f"site_id={_escaped(site_id)}" / f"report_id={_escaped(report_id)}"


def load(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    table: str,
    condition: str = "true",
    parameters: Mapping[str, object] | None = None,
    *,
    report: tuple[str, str] | None = None,
) -> None:
    """Load a table of the landing into the same table of raw, with the columns that only the paths contain.

    Args:
        connection: where the schema raw is.
        root: the landing.
        table: the table.
        condition: SQL for which rows.
        parameters: the parameters of the condition.
        report: the site and the id of the only report to load it from, so that no other file is opened.
    """
    # The names of a partition hold no signs of a pattern.
    pattern = f"{partition(Path(), table, *report)}/{FILE_NAME}" if report else f"{table}/*/*/{FILE_NAME}"
    if not any(root.glob(pattern)):
        return
    columns = [name for name, _ in columns_of_raw(connection, table)]
    found = (
        "from read_parquet($pattern, hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
        f" where {condition}"
    )
    values = {"pattern": f"{glob.escape(str(root))}/{pattern}"} | dict(parameters or {})
    if table != "activities":
        # An older version wrote fewer columns.
        known = f"columns(lambda name: list_contains({columns}, name))"
        connection.execute(f"insert into raw.{table} by name select {known} {found}", values)
        return
    connection.execute(f"create or replace temp table loaded as select site_id, {', '.join(columns)} {found}", values)
    for site_id, report_id in connection.execute(
        "select distinct site_id, report_id from loaded order by all"
    ).fetchall():
        store_table(connection, "loaded", report_id, site_id)
    connection.execute("drop table loaded")


def write_parquet(
    connection: duckdb.DuckDBPyConnection, table: str, column: Literal["report_id", "site_id"], id_: str, target: Path
) -> None:
    """Write the rows of a table of raw that are of a report or a site, without the columns that the path contains."""
    # Times as instants, for that is what a timestamp is to Spark, and it reads them alike with any settings.
    values = ", ".join(
        f"timezone('UTC', {name}) as {name}" if data_type == "TIMESTAMP" else name
        for name, data_type in columns_of_raw(connection, table)
        if name not in ("site_id", "report_id")
    )
    connection.execute(
        f"copy (select {values} from raw.{table} where {column} = $id) to $target (format parquet, compression zstd)",
        {"id": id_, "target": str(target)},
    )
    to_disk(target)


def put(root: Path, staged: StagedReport) -> None:
    """Give the files of a report their places, the manifest's last."""
    # A mark that it was removed goes before: with a manifest beside it, it would say that a removal was cut short.
    names = sorted(staged.files, key=lambda table: table in MANIFESTS)
    for table in names:
        if table in MANIFESTS:
            for site in _sites(root, MARKS):
                drop(site / f"report_id={_escaped(staged.report_id)}")
        place(staged.files[table], partition(root, table, staged.site_id, staged.report_id))


def place(file: Path, folder: Path) -> None:
    """Move a file into its partition, so that it outlasts a power cut."""
    folder.mkdir(parents=True, exist_ok=True)
    file.replace(folder / FILE_NAME)
    for path in (folder, folder.parent, folder.parent.parent):
        to_disk(path)


def take_out(root: Path, site_id: str, report_id: str) -> None:
    """Take all that a report has out of the landing, its manifest first."""
    for table in (*MANIFESTS, *RECORDS):
        drop(partition(root, table, site_id, report_id))


def drop(folder: Path) -> None:
    """Remove a partition, the file first."""
    if folder.exists():
        (folder / FILE_NAME).unlink(missing_ok=True)
        to_disk(folder)
        shutil.rmtree(folder)


def rewriting(root: Path) -> Path:
    """Where the files lie that are to take the places of others, all or none: in the same folders as in the landing."""
    return Path(f"{root}.rewriting")


def begin_rewriting(root: Path, unfinished: Path) -> None:
    """Let the files of a folder take the places of others: a rename, and who comes next completes what follows."""
    unfinished.rename(rewriting(root))
    to_disk(root.parent)
    rewrite(root)


def rewrite(root: Path) -> None:
    """Put the rewritten files in the places of the old ones, and complete what was begun."""
    for file in sorted(rewriting(root).rglob(FILE_NAME)):
        place(file, root / file.parent.relative_to(rewriting(root)))
    shutil.rmtree(rewriting(root), ignore_errors=True)


def clear_unfinished(root: Path) -> None:
    """Complete a rewriting, and take out what a landing or a removal left that was killed."""
    rewrite(root)
    for site in _sites(root, MARKS):
        for mark in site.glob("report_id=*"):
            for table in (*MANIFESTS, *RECORDS):
                drop(root / table / site.name / mark.name)
    counts = {
        (folder.parent.name, folder.name)
        for table in MANIFESTS
        for folder in (root / table).glob("site_id=*/report_id=*")
        if (folder / FILE_NAME).exists()
    }
    for table in (*MANIFESTS, *RECORDS):
        for folder in list((root / table).glob("site_id=*/report_id=*")):
            if (folder.parent.name, folder.name) not in counts:
                drop(folder)


def _sites(root: Path, table: str) -> Iterator[Path]:
    return (root / table).glob("site_id=*")


def _escaped(value: str) -> str:
    return ESCAPED.sub(lambda sign: f"%{ord(sign.group()):02X}", value)
