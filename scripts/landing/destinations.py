"""Where the records of a report land, by its kind: in which tables, and what a record must have.

Landing itself is the same for both kinds (``landing.land``). What differs is said here, mostly as SQL over the columns
c0, c1, … of the staged file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb

from reports.format import (
    DATE_FORMATS,
    DEFAULT_DATE_FORMAT,
    IDENTIFYING_COLUMNS,
    USERS_REPORT,
    WITH_OFFSET,
    ReportFormat,
    day_is_first,
)
from reports.text import ReportRefused
from warehouse.database import number_of, text_of


@dataclass(frozen=True)
class Fault:
    """Why a record does not land.

    Attributes:
        test: SQL for whether it is so.
        reason: SQL of what is wrong and what to do about it.
        column: header of the column that is at fault; None if it is the whole record.
        value: SQL of the text that is at fault.
    """

    test: str
    reason: str
    column: str | None = None
    value: str = "null"


# What is rejected of a report that was saved by a spreadsheet or pasted together. Nobody has to do anything about it.
BLANK_REASON = "it is blank: no field of it holds anything."
HEADER_REASON = "it is the header once more: reports were pasted together. Nothing is lost by it."

# The platform's own way to say never.
NEVER = r"1900[-/. ]?0?1[-/. ]?0?1|0?1[-/. ]0?1[-/. ]1900"
FIRST_TIME = "1900-01-02"
HAS_OFFSET = r":\d\d(?:\.\d+)?\s*(?:[Zz]|[+-]\d\d(?::?\d\d)?)\s*$"

# Of a long number a spreadsheet keeps the first digits: several ids become one.
SHORTENED = r"^\s*-?[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+\s*$"


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
        span: SQL of the first and the last time that the essences tell.
    """

    manifest: str
    table: str
    essence: str
    faults: list[Fault]
    columns: tuple[tuple[str, str, str], ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    span: str = "null, null"


def destination_of(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    report: ReportFormat,
    time_zone: str,
    date_format: str | None,
    remembered: str | None = None,
) -> Destination:
    """Where the staged records of a report land, with the time zone and the date format that were declared for it.

    A declared date format is used if it reads any date. The one that was declared for the site before
    (``remembered``) is used where the file leaves it open.

    Raises:
        ReportRefused: its dates cannot be read.
    """
    if report.kind is USERS_REPORT:
        return _users(name, report)
    return _activities(connection, report, time_zone, _date_format(connection, report, date_format, remembered))


def _activities(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, time_zone: str, date_format: str
) -> Destination:
    """Activities land by their date, in UTC."""
    column = f"c{report.columns['date']}"
    time = _time(column, date_format)
    occurred_at, flag = "essence", "null"
    # An offset in the date itself wins: it has turned it to UTC.
    if time_zone != "UTC" and "%z" not in date_format and date_format != WITH_OFFSET:
        occurred_at = f"timezone('UTC', timezone({text_of(time_zone)}, essence))"
        flag = _clock_change(connection, time, time_zone)
    shortened = _shortened(report, "user_id") + _shortened(report, "content_id")
    is_shortened = " or ".join(fault.test for fault in shortened)
    return Destination(
        manifest="raw.reports",
        table="raw.activities",
        essence=f"case when {is_shortened} then null else {time} end" if is_shortened else time,
        columns=(("occurred_at", occurred_at, "timestamp"), ("time_flag", flag, "varchar")),
        faults=[
            *_no_record(report),
            *shortened,
            Fault(f"trim({column}) = ''", "'it has no date. Fix: fill it in, or delete the record.'", _date(report)),
            Fault(
                _is_never(column),
                "'its date is the one by which the platform says never. Fix: none is needed: it tells no time.'",
                _date(report),
                column,
            ),
            Fault(
                "true",
                f"""
                'the date cannot be read as ' || {text_of(date_format)}
                || '. Fix: correct it, or say how the dates are written with DATE_FORMAT.'
                """,
                _date(report),
                column,
            ),
        ],
        facts={"date_format": date_format},
        span=f"min({occurred_at}), max({occurred_at})",
        measures={
            "first_occurred_at": "min(occurred_at)",
            "last_occurred_at": "max(occurred_at)",
            "nonexistent_hour_count": "count(*) filter (where time_flag = 'nonexistent')",
            "doubled_hour_count": "count(*) filter (where time_flag = 'doubled')",
        },
    )


def _users(name: str, report: ReportFormat) -> Destination:
    """Users land by the id or the e-mail that says who they are."""
    columns = [column for column in IDENTIFYING_COLUMNS if column in report.columns]
    texts = (f"c{report.columns[column]}" for column in columns)
    who = "coalesce(" + ", ".join(f"nullif(trim({text}, e' \\t\\r\\n'), '')" for text in texts) + ")"
    no_record, shortened = _no_record(report), _shortened(report, "user_id")
    unfit = " or ".join(fault.test for fault in (*no_record, *shortened))
    return Destination(
        manifest="raw.user_reports",
        table="raw.users",
        essence=f"case when {unfit} then null else {who} end",
        faults=[
            *no_record,
            *shortened,
            Fault(
                "true",
                "'nothing says who it is: no user id and no e-mail. Fix: fill one in, or delete the record.'",
                " and ".join(report.header_of(column) for column in columns),
            ),
        ],
        facts={"report_date": date_in(name)},
    )


def _date(report: ReportFormat) -> str:
    return report.header_of("date")


def _no_record(report: ReportFormat) -> list[Fault]:
    """Rows that are no record: blank ones, and the header of a report that was pasted to the end of another."""
    width = range(len(report.header))
    # The first comparison decides for nearly every record.
    blank = " and ".join(f"trim(c{index}, e' \\t') = ''" for index in width)
    header = " and ".join(
        f"trim(c{index}, e' \\t\ufeff') = {text_of(title)}" for index, title in enumerate(report.header)
    )
    return [Fault(f"({blank})", text_of(BLANK_REASON)), Fault(f"({header})", text_of(HEADER_REASON))]


def _shortened(report: ReportFormat, column: str) -> list[Fault]:
    """An id that a spreadsheet has turned into a power of ten."""
    if column not in report.columns:
        return []
    text = f"c{report.columns[column]}"
    return [
        Fault(
            # The first search is a hundred times as fast, and nearly always enough.
            f"(contains({text}, '+') and regexp_matches({text}, {text_of(SHORTENED)}))",
            "'a spreadsheet has shortened the id, and others may look the same now. Fix: land the report as it was"
            " downloaded.'",
            report.header_of(column),
            text,
        )
    ]


def date_in(file_name: str) -> date | None:
    """The date that a file's name tells, written in the order of year, month and day; of several the latest."""
    dates = []
    for parts in re.findall(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)", file_name):
        try:
            dates.append(date(int(parts[0]), int(parts[2]), int(parts[3])))
        except ValueError:
            continue
    return max(dates, default=None)


def _date_format(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, declared: str | None, remembered: str | None
) -> str:
    """The date format of the staged file: as declared if that reads any date, else found.

    Raises:
        ReportRefused: nothing was declared, and it cannot be found.
    """
    if declared is None:
        return _found_date_format(connection, report, remembered)
    time = _time(f"c{report.columns['date']}", declared)
    if connection.execute(f"select 1 from staged where {time} is not null limit 1").fetchone():
        return declared
    try:
        return _found_date_format(connection, report, declared)
    except ReportRefused:
        # Each record says that it is not written as declared.
        return declared


def _found_date_format(connection: duckdb.DuckDBPyConnection, report: ReportFormat, remembered: str | None) -> str:
    """The date format of the staged file: the one that reads the most of its dates, and of two the remembered one.

    Raises:
        ReportRefused: none reads any date, or two read equally many and differently.
    """
    column = f"c{report.columns['date']}"
    in_default = connection.execute(
        f"select coalesce(bool_and({_time(column, DEFAULT_DATE_FORMAT)} is not null), true)"
        f" from (select {column} from staged limit 10000)"
    ).fetchone()
    if in_default == (True,):
        return DEFAULT_DATE_FORMAT

    counts = {name: number_of(connection, f"select count({_time(column, name)}) from staged") for name in DATE_FORMATS}
    most = max(counts.values())
    best = [name for name, count in counts.items() if count == most]
    header = text_of(report.header_of("date"))
    example = connection.execute(
        f"select {column} from staged where trim({column}) not in ('', {header}) and not {_is_never(column)} limit 1"
    ).fetchone()
    if example is None:
        return DEFAULT_DATE_FORMAT
    text = example[0]
    if most == 0 and remembered and number_of(connection, f"select count({_time(column, remembered)}) from staged"):
        return remembered
    if most == 0:
        raise ReportRefused(
            f"its column {report.header_of('date')} holds no date that is known: the first is {text!r}. Fix: say"
            " how it is written with DATE_FORMAT, for example make build DATE_FORMAT='%d %b %Y %H:%M'."
        )
    for name in DATE_FORMATS:
        mine, other = _time(column, best[0]), _time(column, name)
        only = "select count({}) filter (where {} is null) from staged"
        if number_of(connection, only.format(mine, other)) and number_of(connection, only.format(other, mine)):
            raise ReportRefused(
                f"its column {report.header_of('date')} holds dates of two orders, {best[0]} and {name}."
                " Fix: download it again, or make two files of it."
            )
    readings = ", ".join(_time(column, name) for name in best)
    if len(best) > 1 and number_of(
        connection, f"select count(*) from staged where least({readings}) <> greatest({readings})"
    ):
        in_order = [name for name in best if remembered and day_is_first(name) is day_is_first(remembered)]
        if len(in_order) == 1:
            return in_order[0]
        choices = " or ".join(f"DATE_FORMAT={name}" for name in best)
        raise ReportRefused(
            f"its column {report.header_of('date')} can be read in two ways: {text!r} may begin with the day or"
            f" the month. Fix: say which with make build {choices}."
        )
    return best[0]


def _time(column: str, date_format: str) -> str:
    """SQL for the time that a date means, or null.

    strptime takes a year of two digits for one of the first century, and reads the words epoch and infinity as the
    beginning of 1900. The platform writes that day for 'never', which is no time.
    """
    if date_format == WITH_OFFSET:
        text = f"regexp_replace(trim({column}), '\\s+([+-])', '\\1')"
        instant = f"case when regexp_matches({text}, {text_of(HAS_OFFSET)}) then try_cast({text} as timestamptz) end"
        time = f"timezone('UTC', {instant})"
    else:
        formats = ", ".join(map(text_of, DATE_FORMATS.get(date_format, (date_format,))))
        time = f"try_strptime(trim({column}), [{formats}])"
    return f"case when {time} >= timestamp '{FIRST_TIME}' then {time} end"


def _is_never(column: str) -> str:
    return f"regexp_matches({column}, {text_of(NEVER)})"


def _clock_change(connection: duckdb.DuckDBPyConnection, time: str, time_zone: str) -> str:
    """SQL for whether a local time is one that the clocks skip or show twice, for the days that the report tells.

    The rule: a time that does not exist counts on over the gap (02:30 becomes 03:30), and of a time that exists twice
    the second is meant, in standard time. Both are flagged, for the report cannot say more.
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
