"""Remove a report that was loaded by mistake, and everything that only it supported.

Raw is changed in one transaction, and all else is rebuilt from raw: activities of other downloads stay, because their
twin takes over. The warehouse remembers the file, so that the loader leaves it out from then on (unless ``--again``).
What follows the transaction can be done again: the same command goes on where another was interrupted.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

import duckdb
from rich.console import Console

from building.rebuild import Files, compact, require_places
from landing.declarations import half_corrected, not_reloaded
from landing.landed import LANDED_REPORTS, delete_reports
from landing.options import DEFAULT_REPORTS, SAMPLE_REPORTS
from removal.completion import complete, say_places
from removal.journal import REBUILD, Task, begin
from reports.files import hashes_in
from reports.ids import known_id
from warehouse.command_line import counted, one_line
from warehouse.database import number_of, opened
from warehouse.errors import WarehouseError
from warehouse.locks import only_writer
from warehouse.raw_tables import prepare_raw

SHORTEST = 4

# A removed report has no name: its file's may hold that of a person.
KNOWN_REPORTS = f"""
select
    report_id, site_id, file_sha256, file_name,
    case when date_format is null then ['user', 'users'] else ['activity', 'activities'] end as unit,
    landed_count, rejected_count, loaded_at, null::timestamp as removed_at
from ({LANDED_REPORTS})
union all
select report_id, site_id, file_sha256, null, null, 0, 0, null, removed_at
from raw.removed_reports
"""

# The activities that the last build kept from a report, and those of them that are also in another report.
KEPT = """
select count(*), count(*) filter (where download_count > 1)
from staging.base_juno__activity_records
where report_id = $report_id and not is_duplicate
"""


@dataclass(frozen=True)
class Report:
    """A report that is in the warehouse, or was."""

    report_id: str
    site_id: str
    file_sha256: str
    file_name: str | None
    unit: list[str] | None
    landed_count: int
    rejected_count: int
    loaded_at: datetime | None
    removed_at: datetime | None

    def __str__(self) -> str:
        """What distinguishes it from others, in a line."""
        if self.removed_at is not None:
            return f"{self.report_id}, site {self.site_id}: removed at {self.removed_at:%Y-%m-%d %H:%M:%S}"
        landed = counted(self.landed_count, *(self.unit or ["record"]))
        return (
            f"{self.report_id}, site {self.site_id}, {self.file_name}: {landed} landed,"
            f" {counted(self.rejected_count, 'record')} rejected, loaded at {self.loaded_at:%Y-%m-%d %H:%M:%S}"
        )


def find_report(connection: duckdb.DuckDBPyConnection, wanted: str, published: Path) -> Report:
    """The report of an id, of the beginning of one, or of a file name.

    Args:
        connection: the warehouse.
        wanted: what the user gave.
        published: the published copy; until it is published again, it has the names of reports that were removed.

    Raises:
        WarehouseError: none is meant, or several are.
    """
    wanted = wanted.strip()
    found = _select(
        connection,
        "list_contains($names, file_name) or $is_long and starts_with(report_id, $id)",
        {"names": [wanted, PurePath(wanted).name], "is_long": len(wanted) >= SHORTEST, "id": wanted.lower()},
    )
    if not found:
        ids = _published_ids(published, PurePath(wanted).name)
        found = _select(
            connection,
            "removed_at is not null and (list_contains($ids, report_id) or list_contains($hashes, file_sha256))",
            {"ids": ids, "hashes": _hashes_of(wanted)},
        )
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n  ".join(str(report) for report in found)
        raise WarehouseError(
            f"{wanted} names several reports. Nothing was changed. Fix: REPORT=… with the id of one:\n  {listed}"
        )
    fix = (
        "Fix: REPORT=… with its id, the first characters of that (4 or more), or its file name, as"
        " marts.report_reconciliation and marts.user_report_reconciliation show them."
    )
    removed = _select(connection, "removed_at is not null", {})
    if removed:
        listed = "\n  ".join(str(report) for report in removed)
        fix += f" Already removed, and known by the id alone:\n  {listed}"
    raise WarehouseError(f"there is no report {wanted} in the warehouse. Nothing was changed. {fix}")


def _select(connection: duckdb.DuckDBPyConnection, condition: str, parameters: dict[str, object]) -> list[Report]:
    query = f"from ({KNOWN_REPORTS}) where {condition} order by removed_at, loaded_at, report_id"
    return [Report(*row) for row in connection.execute(query, parameters).fetchall()]


def _published_ids(published: Path, file_name: str) -> list[str]:
    if not published.exists():
        return []
    query = " union all ".join(
        f"select report_id from marts.{table} where file_name = $name"
        for table in ("report_reconciliation", "user_report_reconciliation")
    )
    with opened(published) as connection:
        try:
            return [report_id for (report_id,) in connection.execute(query, {"name": file_name}).fetchall()]
        except duckdb.CatalogException:
            return []


def _hashes_of(wanted: str) -> list[str]:
    """The hashes of the reports in a file: a removed report has no name, and is known by them."""
    name = PurePath(wanted).name
    hashes: list[str] = []
    for path in dict.fromkeys((Path(wanted), DEFAULT_REPORTS / name, SAMPLE_REPORTS / name)):
        if name and path.is_file():
            with tempfile.TemporaryDirectory() as folder:
                hashes += hashes_in(path, Path(folder))
    return hashes


def show_report(connection: duckdb.DuckDBPyConnection, report: Report, console: Console) -> None:
    """Say what a report holds, and what only it supports."""
    console.print(one_line(str(report)))
    kept = _kept(connection, report)
    if kept is not None:
        counts = f"{counted(kept[0], 'activity is', 'activities are')} counted from it"
        console.print(f"  {counts}, {kept[0] - kept[1]:,} that no other report holds")
    users, contents = (_only_here(connection, report, column) for column in ("user_id", "content_id"))
    ids = f"{counted(users, 'user id')} and {counted(contents, 'content id')}"
    console.print(f"  {ids} are in no other report")


def _kept(connection: duckdb.DuckDBPyConnection, report: Report) -> tuple[int, int] | None:
    # Asked for and not tried, because a missing table would end the transaction.
    if not number_of(
        connection, "select count(*) from duckdb_tables() where table_name = 'base_juno__activity_records'"
    ):
        return None
    report_id = {"report_id": report.report_id}
    if not connection.execute("from staging.base_juno__reports where report_id = $report_id", report_id).fetchone():
        return None
    row = connection.execute(KEPT, report_id).fetchone()
    return (row[0], row[1]) if row else None


def _only_here(connection: duckdb.DuckDBPyConnection, report: Report, column: str) -> int:
    tables = ("activities", "users") if column == "user_id" else ("activities",)
    ids = " union all ".join(f"select report_id, {known_id(column)} as id from raw.{table}" for table in tables)
    row = connection.execute(
        f"""
        select count(*) from (
            select id from ({ids}) inner join ({LANDED_REPORTS}) using (report_id)
            where site_id = $site_id and id <> '' group by id having bool_and(report_id = $report_id)
        )
        """,
        {"site_id": report.site_id, "report_id": report.report_id},
    ).fetchone()
    return row[0] if row else 0


def remove(connection: duckdb.DuckDBPyConnection, report: Report) -> None:
    """Take a report out of the schema raw and remember that it was there, in the transaction of the caller."""
    delete_reports(connection, [report.report_id])
    connection.execute(
        "insert into raw.removed_reports values (?, ?, ?, ?)",
        [report.report_id, report.file_sha256, report.site_id, datetime.now(UTC).replace(tzinfo=None)],
    )


def all_reports(connection: duckdb.DuckDBPyConnection) -> list[Report]:
    """The reports that are in the warehouse."""
    return _select(connection, "removed_at is null", {})


def known_reports() -> list[str]:
    """The reports that can be removed; none if there is no warehouse, or it cannot be read."""
    try:
        with Files.of_environment().open_warehouse() as connection:
            return [str(report) for report in all_reports(connection)]
    except (WarehouseError, duckdb.Error):
        return []


def to_complete_first(half: str) -> WarehouseError:
    """The error where reports are still to be loaded again, so that the copies would count twice."""
    return WarehouseError(
        f"{half} Nothing was changed. Fix: make build loads them, with REPORTS=… if they are in another folder. Then"
        " give this command again."
    )


def remove_from_files(files: Files, wanted: str, console: Console, *, is_dry_run: bool) -> None:
    """Remove a report from the warehouse and its copies, and say what only it supported.

    Where a report is removed whose file is lost, so that it can't be loaded again as declared now, and others still
    are to be, the copies stay as they are.

    Raises:
        WarehouseError: no report is meant, several are, or reports are still to be loaded again, and nothing was
            changed; or a step failed, and the same call goes on.
    """
    with only_writer(files.warehouse, patience=0):
        with files.open_warehouse() as connection:
            # Whatever ends early, a dry run too, is rolled back, down to the tables that an older warehouse lacks.
            connection.execute("begin")
            prepare_raw(connection, is_begun=True)
            report = find_report(connection, wanted, files.published)
            is_new = report.removed_at is None
            half = half_corrected(connection, without=report.report_id)
            if half is not None and not is_dry_run:
                if is_new and report.report_id not in not_reloaded(connection):
                    raise to_complete_first(half)
                console.print(f"[yellow]The copies stay as they are: {one_line(half)}[/yellow]")
            if is_new:
                show_report(connection, report, console)
            else:
                console.print(f"It is removed already: {one_line(str(report))}")
            if is_dry_run:
                console.print("Nothing was changed.")
                return
            require_places(files)
            if is_new:
                remove(connection, report)
            left = number_of(connection, f"select count(*) from ({LANDED_REPORTS})")
            if half is None:
                begin(files.warehouse, Task(REBUILD))
            connection.execute("commit")
        if half is None:
            done, places = complete(files, "The report is removed", console)
        else:
            done, places = "the warehouse", []
            compact(files.warehouse)
    console.print(
        f"[green]Removed[/green] from {done}; {counted(left, 'report is', 'reports are')} left."
        f"{'' if half is None else ' Next: make build'}"
    )
    say_places(places, console)
    if not left:
        console.print("All tables are empty until make build lands a report, or the sample while reports/ holds none.")
    console.print("Its file stays where it is, and is left out from now on. To land it again: make build AGAIN=1")
