"""The twin check of a report that is about to land (``landing.twins``), and what it says."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from landing.outcome import Declaration
from landing.twin_likeness import CONTENTS, DAYS, MOVED, ROUNDED, USERS
from landing.twin_overlap import how_to_cut
from landing.twins import (
    CONTENT,
    IDS,
    LABEL,
    QUARTER,
    SECONDS,
    SHIFT,
    SITE,
    SWAP,
    TEXT,
    Earlier,
    New,
    Older,
    Twins,
    find_twins,
    step_of,
)
from reports.format import ReportFormat
from reports.text import ReportRefused
from warehouse.command_line import counted
from warehouse.database import text_of
from warehouse.raw import EVENT_TEXTS, Held

SHOWN_NAMES = 3
TEXTS = ("user_id", "first_name", "last_name", "email", "category", "action", "label", "content_id")


# Parquet holds instants.
PARQUET_TIME = "timezone('UTC', occurred_at) as occurred_at"
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
)


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


def landed_in_parquet(files: Iterable[Path]) -> Earlier:
    """The records in files of a landing in Parquet."""
    listed = ", ".join(text_of(str(file)) for file in files)
    records = (
        f"select report_id, record_number, {', '.join(TEXTS)}, {PARQUET_TIME}"
        f" from read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false,"
        " union_by_name = true)"
    )
    return Earlier(records, "from twin_found", records)


def check_twins(
    connection: duckdb.DuckDBPyConnection,
    new: New,
    old: Earlier,
    declaration: Declaration,
    date_format: str,
) -> list[str]:
    """Compare a new report with earlier ones; returns what is to be said.

    Args:
        connection: where the manifest is.
        new: the report.
        old: the earlier records.
        declaration: what was declared for it.
        date_format: how its dates were read.

    Raises:
        ReportRefused: most of its records are twins, and ALLOW_TWINS is not set.
    """
    twins = find_twins(connection, new, old, declaration)
    if twins is None:
        return []
    if twins.is_sure and not declaration.allows_twins:
        cut = how_to_cut(connection, twins, declaration.time_zone, new.period)
        raise ReportRefused(refusal_of(twins, declaration, date_format, cut))
    return [note_of(twins, declaration, date_format)]


@dataclass(frozen=True)
class _Words:
    """How a thing is called, and what to do if the new report has it wrong."""

    thing: str
    fix: str


def refusal_of(twins: Twins, declaration: Declaration, date_format: str, cut: str = "") -> str:
    """Why a report of twins is refused, and the fix for each of the ways how that can be."""
    older = twins.older[0]
    remove = f"make remove REPORT={shlex.quote(older.file_name)}"
    words = [_words(thing, twins, declaration, date_format) for thing in twins.kind.things]
    return (
        f"{_counted(twins)} are already in {_names(twins.older)}, the same in all but"
        f" {' and '.join(word.thing for word in words)}. They would count twice, so nothing of it was loaded. Fix:"
        f" {' and '.join(dict.fromkeys(word.fix for word in words))}. If {older.file_name} is the wrong one: {remove},"
        f" then the same make build again.{cut} If both are right: make build ALLOW_TWINS=1"
    )


def note_of(twins: Twins, declaration: Declaration, date_format: str) -> str:
    """What is said of twins that were loaded all the same."""
    words = [_words(thing, twins, declaration, date_format) for thing in twins.kind.things]
    return (
        f"{_counted(twins)} are also in {_names(twins.older)}, the same in all but"
        f" {' and '.join(word.thing for word in words)}. They count twice if they are the same activities. Then:"
        f" make remove REPORT=… with the wrong one of the two."
    )


def _counted(twins: Twins) -> str:
    about = "about " if twins.is_estimate else ""
    return f"{about}{twins.count:,} of its {counted(twins.record_count, 'record')}"


def _names(older: tuple[Older, ...]) -> str:
    names = [one.file_name for one in older[:SHOWN_NAMES]]
    more = len(older) - len(names)
    return ", ".join(names) + (f" and {counted(more, 'more report')}" if more else "")


def _words(thing: str, twins: Twins, declaration: Declaration, date_format: str) -> _Words:
    older = twins.older[0]
    example = f", such as {twins.example[0]} for {twins.example[1]}" if twins.example else ""
    other_zone = older.time_zone if older.time_zone != declaration.time_zone else "…"
    other_format = older.date_format if older.date_format != date_format else "…"
    return {
        IDS: _Words(
            f"the way that ids are written{example}",
            "load the report as it was downloaded, and leave out the copy with other ids",
        ),
        SECONDS: _Words(
            "the seconds of their times",
            "load the report as it was downloaded, and leave out the copy whose seconds a program took away or rounded",
        ),
        SHIFT: _Words(
            f"their times, which are {_hours(twins.kind.shift)} {'later' if twins.kind.shift > 0 else 'earlier'} here",
            f"make build TIME_ZONE={_for_once(other_zone)} with the zone of its dates ({older.file_name} was read as"
            f" {older.time_zone}, this one as {declaration.time_zone})"
            if twins.kind.shift % QUARTER == 0
            else "load the report as it was downloaded, and leave out the copy whose clock runs late",
        ),
        SWAP: _Words(
            "the order of day and month",
            f"make build DATE_FORMAT={_for_once(other_format)} with the order of its dates ({older.file_name} was read"
            f" as {older.date_format}, this one as {date_format})",
        ),
        CONTENT: _Words(
            "the content columns, which are blank in one of them",
            "load the report that has the content columns, and leave out the other",
        ),
        SITE: _Words(
            f"the site: {older.site_id} there, {declaration.site_id} here",
            f"make build SITE={older.site_id}",
        ),
        TEXT: _Words(
            "letters that are not English, which an encoding has changed",
            "make build ENCODING=… with the encoding of the file",
        ),
        USERS: _Words(
            "their users: each has another id there",
            "load the report that has the users' own ids, and leave out the copy that has others or none",
        ),
        CONTENTS: _Words(
            "their content ids: each is another one there",
            "load the report whose content ids later downloads have too, and leave out the other",
        ),
        MOVED: _Words(
            f"their times, which are {_hours(twins.kind.shift)} {'later' if twins.kind.shift > 0 else 'earlier'} here",
            "load the report as it was downloaded, and leave out the copy with other dates",
        ),
        DAYS: _Words(
            "the days of their times",
            f"make build DATE_FORMAT={_for_once(other_format)} with the order of year, month and day"
            f" ({older.file_name} was read as {older.date_format}, this one as {date_format}), or load the report as"
            " it was downloaded",
        ),
        ROUNDED: _Words(
            "their times, which are rounded in one of them",
            "load the report as it was downloaded, and leave out the copy whose times a program has rounded",
        ),
        LABEL: _Words(
            "their labels",
            "load the report as it was downloaded, and leave out the copy whose labels a program has changed",
        ),
    }[thing]


def _for_once(value: str) -> str:
    """A value of a setting; one that is not known yet is another than the remembered one."""
    return f"{value} DECLARE=once" if value == "…" else value


def _hours(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if hours > 48 else (0, hours)
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"), (rest, "second"))
    return " ".join(counted(count, unit) for count, unit in parts if count)
