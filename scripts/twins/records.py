"""The records that are compared, as SQL: a sample of the new report, and the earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from reports.format import ReportFormat
from warehouse.database import text_of
from warehouse.raw import EVENT_TEXTS, Held

# Records of a new report that are compared. More cost time and show the same.
SAMPLE = 2_000
TEXTS = ("user_id", "first_name", "last_name", "email", "category", "action", "label", "content_id")
# Parquet holds instants.
PARQUET_TIME = "timezone('UTC', occurred_at) as occurred_at"


@dataclass(frozen=True)
class New:
    """A new report.

    Attributes:
        sample: SQL of some of its records with the columns of raw.activities (one in `step_of`).
        count: how many records it has.
        site_id: the site that it belongs to.
        time_zone: the zone of its dates.
        date_format: how its dates were read.
        left_out: earlier reports that do not count, because they are about to be loaded again.
        unread: the places of the records that an earlier report holds, which counts: all at the beginning or the end.
        file_name: its name, without its folder.
        encoding: that in which it was read, that of UTF for a workbook.
        period: SQL of the first and the last time of all its records; '' if only those of the sample are known.
    """

    sample: str
    count: int
    site_id: str
    time_zone: str
    date_format: str
    left_out: Collection[str] = ()
    unread: range = range(0)
    period: str = ""
    file_name: str = ""
    encoding: str = "utf-8"

    @property
    def is_sampled(self) -> bool:
        """Whether only a part of its records is compared."""
        return self.count > SAMPLE


@dataclass(frozen=True)
class Earlier:
    """Where the earlier records are, as SQL.

    Attributes:
        scanned: what a record says but for names, each at least once: user_id, action, occurred_at and more.
        whole: the same with report_id, record_number and names, of those that are in ``twin_found``.
        records: report_id and occurred_at of every record.
        ids: user_id and email of every user; '' if that is not known.
    """

    scanned: str
    whole: str
    records: str
    ids: str = ""


IN_WAREHOUSE = Earlier(
    scanned="select * replace (occurred_at::timestamp as occurred_at) from raw.events",
    whole="""
    select report_numbers.report_id, report_records.record_number, user_names.* exclude (user_id, site_id), found.*
    from twin_found as found
    inner join raw.records on found.event_id = records.event_id
    inner join raw.report_records on records.record_id = report_records.record_id
    inner join raw.report_numbers on report_records.report_number = report_numbers.report_number
    inner join raw.user_names on records.user_name_id = user_names.user_name_id
    """,
    records="select report_id, occurred_at from raw.activities",
    ids="select user_id, email from raw.user_names",
)


def landed_in_parquet(files: Iterable[Path]) -> Earlier:
    """The records in files of a landing in Parquet."""
    listed = ", ".join(text_of(str(file)) for file in files)
    records = (
        f"select report_id, record_number, {', '.join(TEXTS)}, {PARQUET_TIME}"
        f" from read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false,"
        " union_by_name = true)"
    )
    return Earlier(records, "from twin_found", records)


def step_of(record_count: int) -> int:
    """One in how many records of a report is compared."""
    return max(1, record_count // SAMPLE)


def staged_sample(
    report: ReportFormat, essence: str, occurred_at: str, record_count: int, held: Held | None = None
) -> str:
    """SQL of a sample of the staged records of a report with the columns of raw.activities.

    Args:
        report: how it is written.
        essence: SQL of what a record must have (``landing.destinations``).
        occurred_at: SQL of its time, made of the essence.
        record_count: how many they are.
        held: those of them that are not staged, because they are an earlier report.
    """
    step = step_of(record_count)
    if held is not None and held.is_first:
        place, held_place = f"rowid + {held.count}", "record_number - 1"
    else:
        place, held_place = "rowid", f"record_number - 1 + {record_count - held.count if held else 0}"
    texts = (
        f"c{report.columns[column]} as {column}" if column in report.columns else f"null::varchar as {column}"
        for column in TEXTS
    )
    sample = (
        # Materialized, or DuckDB would read the time of every record.
        f"with picked as materialized (select {place} as place, * from staged where place % {step} = 0)"
        f" select place as record_number, {', '.join(texts)}, {occurred_at} as occurred_at"
        f" from (select *, {essence} as essence from picked)"
    )
    if held is None:
        return sample
    held_sample = (
        # Materialized, or DuckDB would join all records.
        f"with picked as materialized (select {held_place} as place, record_id from raw.report_records"
        f" where report_number = {held.number} and place % {step} = 0)"
        f" select place, {', '.join(f'events.{text}' if text in EVENT_TEXTS else text for text in TEXTS)}, occurred_at"
        " from picked inner join raw.records using (record_id) inner join raw.events using (event_id)"
        " inner join raw.user_names using (user_name_id)"
    )
    return f"({sample}) union all ({held_sample})"


def parquet_sample(path: Path, record_count: int) -> str:
    """SQL of a sample of the records of a report that was written as Parquet."""
    return (
        f"select record_number, {', '.join(TEXTS)}, {PARQUET_TIME}"
        f" from read_parquet({text_of(str(path))}, hive_partitioning = false)"
        f" where record_number % {step_of(record_count)} = 0"
    )
