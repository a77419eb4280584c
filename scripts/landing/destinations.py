"""The destination of the records of a report, by its kind: the tables, and what a record must have.

Landing itself is the same for both kinds (``landing.one_report``). What differs is said here, mostly as SQL over the
columns c0, c1, … of the staged file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb

from landing.faults import Fault
from landing.outcome import Declaration
from landing.times import format_of, impossible, is_never, parsed
from reports.date_shapes import UNCLEAR_ZONES
from reports.dates import TIMES_NEEDED, Dates, UnknownZone, read_dates
from reports.format import (
    DATE_FORMATS,
    DEFAULT_DATE_FORMAT,
    IDENTIFYING_COLUMNS,
    WITH_OFFSET,
    ReportFormat,
)
from reports.ids import LOST, POWER, SHORTENED, cleaned, cleaned_field, cleaned_id
from reports.look import FIRST_DATES, DatesSeen, Look
from reports.rows import Rows
from reports.staged import numbered
from reports.text import ReportRefused
from warehouse.database import number_of, text_of
from warehouse.rejections import Kind

NO_FAULTS = Rows(0, 0)


# A list of users has a few double rows: not over one in twenty, or not over three.
DOUBLE_ROWS_IN, FEW_DOUBLE_ROWS = 20, 3
# In seconds. Nothing happens for so long around noon at the most.
HALF_DAY, LONGEST_BREAK = 12 * 3600, 3 * 3600
DATE_AND_TIME = "[0-9]{2}[^0-9:].*[0-9]:[0-9]{2}"


@dataclass(frozen=True)
class Destination:
    """Where the records of one report land, and which of them do not.

    Attributes:
        manifest: table of the reports of its kind.
        table: table of their records.
        essence: SQL of what a record must have; null where it has not, and then it is rejected.
        faults: why a record has not, the first that is so counts.
        columns: the columns of the table that are made of the essence, each with its SQL and its type.
        facts: columns of the manifest that only this kind has.
        measures: the same, as SQL over the landed records.
        notes: what was found out about its dates, in words.
        occurred_at: SQL of when it was, made of the essence; null for users.
        span: SQL of the first and the last time in the essences.
    """

    manifest: str
    table: str
    essence: str
    faults: list[Fault]
    columns: tuple[tuple[str, str, str], ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    occurred_at: str = "null"
    span: str = "null, null"


def destination_of(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    report: ReportFormat,
    declaration: Declaration,
    look: Look,
    rows: Rows = NO_FAULTS,
) -> Destination:
    """Where the staged records of a report land, with the time zone and the date format that were declared for it.

    A declared date format is used if it reads any date. The one that was declared for the site before is used where the
    file leaves it open.

    Raises:
        ReportRefused: its dates cannot be read, or it holds users and is no report of them.
    """
    if look.dates is None:
        return _users(connection, name, report, look, rows)
    return _activities(connection, report, declaration, look, look.dates, rows)


def _activities(
    connection: duckdb.DuckDBPyConnection,
    report: ReportFormat,
    declaration: Declaration,
    look: Look,
    seen: DatesSeen,
    rows: Rows,
) -> Destination:
    """Activities land by their date, in UTC."""
    dates = read_dates(connection, report, seen)
    date_format = format_of(connection, report, dates, declaration, rows)
    column, read = dates.raw, parsed(dates, date_format)
    # In nearly every report all dates are possible, to the second. The text is asked, as comparing times costs more.
    time = read if dates.is_possible and date_format == DEFAULT_DATE_FORMAT else declaration.possible.only(read)
    occurred_at, flag = _in_utc(connection, dates, date_format, time, declaration)
    needs_zone = dates.unknown is not None and _needs_zone(connection, dates, date_format)
    shortened = _shortened(report, "user_id", look) + _shortened(report, "content_id", look)
    is_shortened = " or ".join(fault.test for fault in shortened)
    return Destination(
        manifest="raw.reports",
        table="raw.activities",
        essence=f"case when {is_shortened} then null else {time} end" if is_shortened else time,
        columns=(("occurred_at", occurred_at, "timestamp"), ("time_flag", flag, "varchar")),
        faults=[
            *_no_record(report),
            *shortened,
            Fault(
                Kind.NO_DATE,
                f"trim({column}) = ''",
                "'it has no date. Fix: fill it in, or delete the record.'",
                _date(report),
            ),
            Fault(
                Kind.NEVER,
                is_never(column),
                "'its date is the one that the platform writes for never. Fix: none is needed, because it is no time.'",
                _date(report),
                column,
            ),
            *impossible(read, declaration.possible, _date(report), column),
            Fault(
                Kind.UNREADABLE_DATE,
                "true",
                f"""
                'the date cannot be read as ' || {text_of(date_format)}
                || '. Fix: correct it, or download the report again.'
                """,
                _date(report),
                column,
            ),
        ],
        occurred_at=occurred_at,
        facts={"date_format": date_format},
        span=f"min({occurred_at}), max({occurred_at})",
        measures={
            "first_occurred_at": "min(occurred_at)",
            "last_occurred_at": "max(occurred_at)",
            "nonexistent_hour_count": "count(*) filter (where time_flag = 'nonexistent')",
            "doubled_hour_count": "count(*) filter (where time_flag = 'doubled')",
        },
        notes=(
            *dates.notes,
            *_of_half_days(connection, report, read, date_format, seen, rows),
            *(_of_unknown_zone(dates.unknown, declaration) if needs_zone else ()),
        ),
    )


def _in_utc(
    connection: duckdb.DuckDBPyConnection, dates: Dates, date_format: str, time: str, declaration: Declaration
) -> tuple[str, str]:
    """SQL for the time in UTC of what was read, and for whether the clocks changed then.

    What the text says of its zone wins: it has turned the time to UTC.

    Raises:
        ReportRefused: a zone is named that may be several, and none is declared.
    """
    local, flag, time_zone = "essence", "null", declaration.time_zone
    if time_zone != "UTC" and "%z" not in date_format and date_format != WITH_OFFSET:
        local = f"timezone('UTC', timezone({text_of(time_zone)}, essence))"
        flag = _clock_change(connection, time, time_zone)
    elif dates.unclear is not None and not declaration.declares_zone:
        raise ReportRefused(
            f"its dates name the zone {dates.unclear}, which may be several. Fix: say which is meant:"
            f" {_one_of(UNCLEAR_ZONES[dates.unclear.lower()])} or another"
        )
    if not _may_say_zones(dates, date_format):
        return local, flag
    return (
        f"case when date_offset is not null then essence - to_minutes(date_offset)"
        f" when date_zone is not null then timezone('UTC', timezone(date_zone, essence)) else {local} end",
        f"case when date_offset is null and date_zone is null then {flag} end",
    )


def _one_of(zones: Sequence[str]) -> str:
    return " or ".join(f"make build TIME_ZONE={zone}" for zone in zones)


def _may_say_zones(dates: Dates, date_format: str) -> bool:
    """Whether zones were read out of dates: a format of the user's own reads the words of the report, and no zone."""
    return dates.is_folded and date_format in DATE_FORMATS


def _needs_zone(connection: duckdb.DuckDBPyConnection, dates: Dates, date_format: str) -> bool:
    """Whether a date does not say itself in which zone it is."""
    if "%z" in date_format or date_format == WITH_OFFSET:
        return False
    if not _may_say_zones(dates, date_format):
        return True
    without = "date_offset is null and date_zone is null"
    return bool(connection.execute(f"select 1 from staged where {without} and {dates.raw} <> '' limit 1").fetchone())


def _of_unknown_zone(unknown: UnknownZone | None, declaration: Declaration) -> tuple[str, ...]:
    """What is said of a zone that is not known, where another was declared.

    Raises:
        ReportRefused: none was declared.
    """
    if unknown is None:
        return ()
    if declaration.declares_zone:
        return (
            f"{unknown.place} names the zone of its dates as {unknown.words}, which is not known. They were read in"
            f" {declaration.time_zone}, as declared.",
        )
    which = f"{_one_of(unknown.candidates)} or another" if unknown.candidates else _ANY_ZONE
    raise ReportRefused(
        f"{unknown.place} names the zone of its dates as {unknown.words}, which is not known. Fix: say which is meant:"
        f" {which}"
    )


def _of_half_days(
    connection: duckdb.DuckDBPyConnection,
    report: ReportFormat,
    time: str,
    date_format: str,
    seen: DatesSeen,
    rows: Rows,
) -> tuple[str, ...]:
    """What is said of a clock of 12 hours without AM and PM: the file goes on in time, and back by half a day at noon.

    Args:
        connection: the warehouse.
        report: how it is written.
        time: SQL of a time as it stands in the report.
        date_format: the format of its dates.
        seen: what a look at them found, in the usual format.
        rows: its rows.
    """
    if not seen.is_half_day or seen.count < TIMES_NEEDED or date_format == WITH_OFFSET:
        return ()
    others = f"select 1 from (select {time} as t from staged limit {FIRST_DATES}) where hour(t) not between 1 and 12"
    if date_format != DEFAULT_DATE_FORMAT and connection.execute(f"{others} limit 1").fetchone():
        return ()
    row = connection.execute(
        f"""
        {numbered(rows)},
        times as (select record_number, {time} as t from numbered where t is not null),
        steps as (
            select record_number, hour(t) between 1 and 12 as is_half_day,
                epoch(t) - epoch(lag(t) over in_file) as step,
                step <> 0 and date_trunc('day', t) = date_trunc('day', lag(t) over in_file)
                and abs(step) between {HALF_DAY - LONGEST_BREAK} and {HALF_DAY} as is_noon
            from times window in_file as (order by record_number)
        )
        select min(record_number) filter (where is_noon) from steps
        having bool_and(is_half_day) and count(*) >= {TIMES_NEEDED} and count(*) filter (where is_noon) > 0
        and (
            -- the oldest record first, or the newest
            bool_and(step >= 0 or is_noon) and count(*) filter (where step > 0 and is_noon) = 0
            or bool_and(step <= 0 or is_noon) and count(*) filter (where step < 0 and is_noon) = 0
        )
        """
    ).fetchone()
    if row is None:
        return ()
    return (
        f"its column {report.header_of('date')} has no hour 0 and none after 12, and the times of a day jump by"
        f" half a day at noon, at record {row[0]:,}: a 12-hour clock has lost its AM and PM. The afternoons are read as"
        " mornings. Fix: make remove with this report, and load it as it was downloaded",
    )


_ANY_ZONE = "make build TIME_ZONE=UTC or another, with a name such as Europe/Zurich"


def _users(
    connection: duckdb.DuckDBPyConnection, name: str, report: ReportFormat, look: Look, rows: Rows
) -> Destination:
    """Users land by the id or the e-mail that says who they are."""
    columns = [column for column in IDENTIFYING_COLUMNS if column in report.columns]
    read = {"user_id": cleaned_id, "email": cleaned_field}
    who = f"coalesce({', '.join(read[column](f'c{report.columns[column]}') for column in columns)})"
    no_record, shortened = _no_record(report), _shortened(report, "user_id", look)
    unfit = " or ".join(fault.test for fault in (*no_record, *shortened))
    _refuse_other_lists(connection, report, rows, f"lower({who})", unfit)
    return Destination(
        manifest="raw.user_reports",
        table="raw.users",
        essence=f"case when {unfit} then null else {who} end",
        faults=[
            *no_record,
            *shortened,
            Fault(
                Kind.NO_USER,
                "true",
                "'nothing says who it is: no user id and no e-mail. Fix: fill one in, or delete the record.'",
                " and ".join(report.header_of(column) for column in columns),
            ),
        ],
        facts={"report_date": date_in(name)},
    )


def _refuse_other_lists(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, rows: Rows, who: str, unfit: str
) -> None:
    """Raise ReportRefused if users stand in several rows that differ: a unique users report has one row per user."""
    if number_of(connection, f"select (count({who}) = count(distinct {who}))::integer from staged") == 1:
        return
    fields = ", ".join(f"c{index}" for index in range(len(report.header)))
    users = f"""
        {numbered(rows)},
        written as (
            select {who} as who, min(record_number) as number, {fields} from numbered
            where {who} is not null and not ({unfit}) group by all
        )
    """
    row = connection.execute(
        f"""
        {users},
        users as (select count(*) as row_count, list(number order by number)[:2] as numbers from written group by who)
        select sum(row_count), sum(row_count - 1), min(numbers) filter (where row_count > 1) from users
        """
    ).fetchone()
    count, double_count, numbers = row or (0, 0, None)
    if numbers is None or double_count * DOUBLE_ROWS_IN <= count:
        return
    if double_count <= FEW_DOUBLE_ROWS and not _are_events(connection, report, users):
        return
    known = " and ".join(report.header_of(column) for column in IDENTIFYING_COLUMNS if column in report.columns)
    raise ReportRefused(
        f"its header has {known} and no column of an activity report, as a unique users report has, but"
        f" {double_count:,} of its {count:,} rows are of a user of an earlier row, such as records {numbers[0]:,} and"
        f" {numbers[1]:,}. Fix: download it again and leave its first line as it is, if it is an activity report; move"
        " it to another folder, if it is a list of something else; or keep one row per user."
    )


def _are_events(connection: duckdb.DuckDBPyConnection, report: ReportFormat, users: str) -> bool:
    """Whether most columns are unknown, and one of them has several times of one user."""
    if len(report.extra) <= len(report.columns):
        return False
    times = (f"case when regexp_matches(c{index}, '{DATE_AND_TIME}') then c{index} end" for index in report.extra)
    several = " or ".join(f"count(distinct {time}) > 1" for time in times)
    return (
        number_of(connection, f"{users} select count(*) from (select 1 from written group by who having {several})") > 0
    )


def _date(report: ReportFormat) -> str:
    return report.header_of("date")


def _no_record(report: ReportFormat) -> list[Fault]:
    """Rows that are no record: blank ones, and the header of a report that was pasted to the end of another."""
    fields = [f"c{index}" for index in range(len(report.header))]
    # Each text in one list: DuckDB prepares the pattern once, which takes longer than to read a small report.
    texts = f"list_transform([{', '.join(fields)}], lambda field: coalesce({cleaned('field')}, ''))"
    blank = f"{cleaned('concat(' + ', '.join(fields) + ')')} is null"
    header = f"{texts} = [{', '.join(map(text_of, report.header))}]"
    return [
        Fault(Kind.BLANK, f"({blank})", "'it is blank: no field of it holds anything.'"),
        Fault(
            Kind.HEADER,
            f"({header})",
            "'it is the header once more: reports were pasted together. Nothing is lost by it.'",
        ),
    ]


def _shortened(report: ReportFormat, column: str, look: Look) -> list[Fault]:
    """An id that a spreadsheet has shortened or could not show, if any of the column is no plain number."""
    if column not in look.odd:
        return []
    text = f"c{report.columns[column]}"
    # The first search is a hundred times as fast, and nearly always enough.
    is_shortened = f"(contains({text}, '+') and regexp_matches({text}, {text_of(SHORTENED)}))"
    if column in look.powers:
        is_shortened = f"({is_shortened} or regexp_matches({text}, {text_of(POWER)}))"
    return [
        Fault(
            Kind.LOST_ID,
            f"(contains({text}, '#') and regexp_matches({text}, {text_of(LOST)}))",
            "'a spreadsheet could not show the id, and others may look the same now. Fix: land the report as it was"
            " downloaded.'",
            report.header_of(column),
            text,
        ),
        Fault(
            Kind.SHORTENED_ID,
            is_shortened,
            "'a spreadsheet has shortened the id, and others may look the same now. Fix: land the report as it was"
            " downloaded.'",
            report.header_of(column),
            text,
        ),
    ]


def date_in(file_name: str) -> date | None:
    """The date in a file's name, written in the order of year, month and day; the latest of several."""
    dates = []
    for parts in re.findall(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)", file_name):
        try:
            dates.append(date(int(parts[0]), int(parts[2]), int(parts[3])))
        except ValueError:
            continue
    return max(dates, default=None)


def _clock_change(connection: duckdb.DuckDBPyConnection, time: str, time_zone: str) -> str:
    """SQL for whether the clocks skip a local time or show it twice, on the days of the report.

    The rule: a time that does not exist counts on over the gap (02:30 becomes 03:30), and a time that exists twice
    is the second one, in standard time. Both are flagged, because the report cannot say more.
    """
    zone = text_of(time_zone)
    slots = connection.execute(
        f"""
        with days as (
            select distinct date_trunc('day', {time}) as local_day from staged
        ),
        slots as (
            select local_day + to_minutes(15 * unnest(range(96))) as slot from days where local_day is not null
        ),
        instants as (
            select slot, timezone({zone}, slot) as instant from slots
        )
        select
            slot,
            case
                when timezone({zone}, instant) <> slot then 'nonexistent'
                when
                    timezone({zone}, instant - interval 60 minute) = slot
                    or timezone({zone}, instant + interval 60 minute) = slot
                    or timezone({zone}, instant - interval 30 minute) = slot
                    then 'doubled'
            end as flag
        from instants
        where flag is not null
        order by 1
        """
    ).fetchall()
    if not slots:
        return "null"
    branches = " ".join(
        f"when essence >= timestamp '{slot}' and essence < timestamp '{slot + timedelta(minutes=15)}' then '{flag}'"
        for slot, flag in slots
    )
    return f"case {branches} end"
