"""Remove what is older than a number of days, by the code that removes a report and a person.

A report with older records only is removed as a whole. From other reports the older records go, and each stays
counted as a rejected one without its text, so that the reports still reconcile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import duckdb
from rich.console import Console

from building.rebuild import Files, require_places
from landing.declarations import half_corrected
from landing.landed import LANDED_REPORTS, recount, set_aside
from removal.completion import complete, say_places
from removal.journal import REBUILD, Task, begin
from removal.remove import Report, all_reports, remove, to_complete_first
from warehouse.command_line import counted, one_line
from warehouse.database import number_of
from warehouse.locks import only_writer
from warehouse.raw import delete_records
from warehouse.raw_tables import prepare_raw
from warehouse.rejections import Kind

TOO_OLD = "it is older than the time for which records are kept (make retention): its text is not kept."


@dataclass(frozen=True)
class Old:
    """What is older than a time.

    Attributes:
        before: the time.
        reports: reports with older records only.
        record_count: older records of other reports.
    """

    before: datetime
    reports: list[Report]
    record_count: int


def find_old(connection: duckdb.DuckDBPyConnection, days: int, now: datetime) -> Old:
    """Find what is older than the day that lies so many days back, by UTC.

    Whole days go, so that a dry run means the same records as the removal on its day, and few sessions are cut in two.
    """
    before = datetime.combine(now.date() - timedelta(days=days), time.min)
    last: dict[str, datetime] = dict(
        connection.execute(
            f"select report_id, coalesce(last_occurred_at, report_date, loaded_at) from ({LANDED_REPORTS})"
        ).fetchall()
    )
    reports = [report for report in all_reports(connection) if last.get(report.report_id, now) < before]
    count = number_of(
        connection,
        "select count(*) from raw.activities where occurred_at < $before and not list_contains($reports, report_id)",
        {"before": before, "reports": [report.report_id for report in reports]},
    )
    return Old(before, reports, count)


def remove_old(connection: duckdb.DuckDBPyConnection, old: Old) -> None:
    """Take it out of the schema raw, in the transaction of the caller."""
    for report in old.reports:
        remove(connection, report)
    before: dict[str, object] = {"before": old.before}
    set_aside(connection, "activities", "occurred_at < $before", before, TOO_OLD, Kind.EXPIRED)
    events = "select event_id from raw.events where occurred_at < $before"
    delete_records(connection, f"record_id in (select record_id from raw.records where event_id in ({events}))", before)
    recount(connection, "activities", "reports", "first_occurred_at < $before", before)
    connection.execute(
        "update raw.reports as manifest set first_occurred_at"
        " = (select min(occurred_at) from raw.activities as t where t.report_id = manifest.report_id)"
        " where first_occurred_at < $before",
        before,
    )


def keep_days(files: Files, days: int, console: Console, *, is_dry_run: bool, now: datetime | None = None) -> None:
    """Remove what is older than so many days from the warehouse and its copies; a dry run only says what there is.

    Raises:
        WarehouseError: reports are still to be loaded again, and nothing was changed; or a step failed, and the next
            command goes on.
    """
    with only_writer(files.warehouse, patience=0):
        with files.open_warehouse() as connection:
            connection.execute("begin")
            prepare_raw(connection, is_begun=True)
            half = half_corrected(connection)
            if half is not None and not is_dry_run:
                raise to_complete_first(half)
            old = find_old(connection, days, now or datetime.now(UTC).replace(tzinfo=None))
            _tell(old, console)
            if is_dry_run or not (old.reports or old.record_count):
                console.print("Nothing was changed.")
                return
            require_places(files)
            remove_old(connection, old)
            begin(files.warehouse, Task(REBUILD))
            connection.execute("commit")
        done, places = complete(files, "What is older is removed", console)
    console.print(f"[green]Removed[/green] from {done}.")
    say_places(places, console)
    console.print("The files of the reports are yours, and stay. A new download can bring older records again.")


def _tell(old: Old, console: Console) -> None:
    console.print(f"Older than {old.before:%Y-%m-%d %H:%M} UTC:")
    for report in old.reports:
        console.print(f"  the whole report {one_line(str(report))}")
    console.print(f"  {counted(old.record_count, 'record')} of other reports")
