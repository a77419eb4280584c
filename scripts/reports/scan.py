"""One scan of all staged records, which answers what most checks ask first.

To plan a statement takes longer than to read a small report, and a pass over a large one costs time too. So the
cheap questions are asked together, and a check asks its dear one only where something was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from reports.columns import IDENTIFYING_COLUMNS
from reports.date_formats import DATE_FORMATS, DEFAULT_DATE_FORMAT
from reports.format import ReportFormat
from reports.ids import (
    ID_COLUMNS,
    LOST,
    ZERO_GUID,
    cleaned_id,
    may_be_read,
    may_be_rounded,
    powers_among_numbers,
    rounded_columns,
)
from warehouse.database import text_of

# So many dates at the beginning of a report show how the others are written.
FIRST_DATES = 10_000
# A report with so many records of nobody, and most of them, is named.
FEWEST_NOBODIES = 5
# No way to write no id takes more bytes, with a few blanks around it, or has a digit beside 0. (To ask cleaned_id of
# every record takes a quarter of a second per million.)
LONGEST_NOBODY = 20
# The delimiters that a spreadsheet writes behind a record of another table, where its last cells are blank.
TRAILS = (";;", ",,", "||")


@dataclass(frozen=True)
class Possible:
    """From when until when anything can have happened.

    Attributes:
        first: the first day.
        last: the last day.
        is_first_given: whether the user gave the first.
        is_last_given: whether the user gave the last.
    """

    first: date
    last: date
    is_first_given: bool = False
    is_last_given: bool = False

    def only(self, time: str) -> str:
        """SQL for a time if it is possible, to the second."""
        # Two comparisons would read the date twice.
        return (
            f"case when {time} between timestamp '{self.first} 00:00:00' and timestamp '{self.last} 23:59:59.999999'"
            f" then date_trunc('second', {time}) end"
        )


@dataclass(frozen=True)
class DatesScanned:
    """What the scan found of the dates of a report of activities.

    Attributes:
        count: the records.
        nobody_count: those of them without a user id.
        is_default: whether every date looks as the platform writes it, or is blank.
        is_minutes: whether every time ends in :00.
        is_half_day: whether no hour of such a time is 0 or after 12.
        is_possible: whether each date is between the first and the last day that are possible, by its text.
        is_read: whether the usual format reads the first ones; or all but blank ones, and no other format reads these.
        date_count: dates that are not blank.
        time: SQL of a time in the usual format, if no blanks are around it.
        time_count: dates that it reads.
        first: the first of these times.
        last: the last of them.
    """

    count: int
    nobody_count: int
    is_default: bool
    is_minutes: bool
    is_half_day: bool
    is_possible: bool
    is_read: bool
    date_count: int
    time: str
    time_count: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Scan:
    """What the scan of the staged records found.

    Attributes:
        may_have_titles: whether the names of columns may be among the records.
        has_trails: whether a record ends in the delimiters of another table.
        odd: the columns of ids with one that is no plain number or word.
        numbered: a with clause that gives the records their numbers in the file (``reports.staged``).
        dates: of activities, what their dates are like.
        powers: the columns of ids where a power of ten stands among numbers.
        may_be_rounded: whether an id may be a long number of which a program kept the first digits or bits.
        rounded: the columns where all are, and not by chance.
    """

    may_have_titles: bool
    has_trails: bool
    odd: frozenset[str]
    numbered: str
    dates: DatesScanned | None = None
    powers: frozenset[str] = frozenset()
    may_be_rounded: bool = False
    rounded: frozenset[str] = frozenset()


def scan_staged(connection: duckdb.DuckDBPyConnection, report: ReportFormat, possible: Possible, numbered: str) -> Scan:
    """Scan a staged report.

    Args:
        connection: the warehouse, with the report in ``staged``.
        report: its format.
        possible: when anything can have happened.
        numbered: a with clause that gives the records their numbers in the file.
    """
    ids = [column for column in ID_COLUMNS if column in report.columns]
    questions = [
        _any(_may_be_title(report)),
        _any(ends_in_trail(report)),
        *(_any(may_be_read(f"c{report.columns[column]}")) for column in ids),
        *(_any(may_be_rounded(f"c{report.columns[column]}")) for column in ids),
    ]

    def scanned(titles: Any, trails: Any, answers: list[Any], dates: DatesScanned | None = None) -> Scan:
        odd, long = _those(ids, answers[: len(ids)]), _those(ids, answers[len(ids) :])
        powers, rounded = powers_among_numbers(connection, report, odd), rounded_columns(connection, report, long)
        return Scan(bool(titles), bool(trails), odd, numbered, dates, powers, bool(long), rounded)

    if not report.is_of_activities:
        titles, trails, *answers = _answers(connection, questions, "staged")
        return scanned(titles, trails, answers)
    raw = f"c{report.columns['date']}"
    time = time_in(raw, DEFAULT_DATE_FORMAT, is_trimmed=False)
    questions += [
        "count(*)",
        f"count(*) filter (where {is_nobody('c' + str(report.columns['user_id']))})",
        f"coalesce(bool_and(strlen({raw}) = 19 and {raw} like '____-__-__ __:__:__' or {raw} = ''), true)",
        f"coalesce(bool_and(suffix({raw}, ':00') or {raw} = ''), false)",
        f"coalesce(bool_and({is_of_half_day('hour(time)')}), true)",
        f"coalesce(bool_and({raw} between '{possible.first}' and '{possible.last}~' or {raw} = ''), true)",
        f"coalesce(bool_and(time is not null) filter (where place < {FIRST_DATES}), true)"
        f" or count(time) > 0 and bool_and({raw} = '' or time is not null and {raw} >= '0' and {raw} < ':')",
        f"count(*) filter (where {raw} <> '')",
        "count(time)",
        "min(time)",
        "max(time)",
    ]
    titles, trails, *answers = _answers(
        connection, questions, f"(select *, rowid as place, {time} as time from staged)"
    )
    of_ids, of_dates = answers[: 2 * len(ids)], answers[2 * len(ids) :]
    count, nobodies, is_default, is_minutes, is_half_day, is_possible, is_read, date_count, *times = of_dates
    dates = DatesScanned(
        *(count, nobodies, is_default, is_minutes, is_half_day, is_possible, is_read, date_count, time), *times
    )
    return scanned(titles, trails, of_ids, dates)


def is_nobody(user_id: str) -> str:
    """SQL for whether a user id is blank, or a spelling of null; errors of a spreadsheet are rejected."""
    begins = f"{user_id} >= '0' and {user_id} < ':'"
    is_id = f"{begins} or strlen({user_id}) > {LONGEST_NOBODY} or regexp_matches({user_id}, '[1-9]')"
    is_lost = f"regexp_matches({user_id}, {text_of(LOST)})"
    is_blank = f"{cleaned_id(user_id)} is null and not {is_lost}"
    return f"case when {user_id} in ('', '{ZERO_GUID}') then true when {is_id} then false else {is_blank} end"


def nobody_notes(scan: Scan) -> list[str]:
    """What is said of a report most of whose records belong to no user."""
    dates = scan.dates
    if dates is None or dates.nobody_count < FEWEST_NOBODIES or 2 * dates.nobody_count <= dates.count:
        return []
    return [
        f"{dates.nobody_count:,} of its {dates.count:,} records have no user id, and count for no user. Fix: if a"
        " program lost the ids, such as a spreadsheet with merged cells, load the report as it was downloaded"
    ]


def _answers(connection: duckdb.DuckDBPyConnection, questions: list[str], records: str) -> tuple[Any, ...]:
    return connection.execute(f"select {', '.join(questions)} from {records}").fetchone() or ()


def _any(test: str) -> str:
    return f"coalesce(bool_or({test}), false)"


def _those(columns: list[str], are_odd: list[Any]) -> frozenset[str]:
    return frozenset(column for column, is_one in zip(columns, are_odd, strict=True) if is_one)


def time_in(column: str, date_format: str, *, is_trimmed: bool = True) -> str:
    """SQL for the time that a date means in one of ``DATE_FORMATS``, or null."""
    formats = ", ".join(map(text_of, DATE_FORMATS[date_format]))
    # To trim a date takes twice as long as to read it.
    return f"try_strptime({f'trim({column})' if is_trimmed else column}, [{formats}])"


def is_of_half_day(hour: str) -> str:
    """SQL for whether a clock of 12 hours has the hour."""
    return f"{hour} between 1 and 12"


def title_fields(report: ReportFormat) -> list[str]:
    """The columns that hold titles where another report was pasted into this one."""
    columns = ("date", "category", "action") if report.is_of_activities else IDENTIFYING_COLUMNS
    return [f"c{report.columns[column]}" for column in columns if column in report.columns]


def _may_be_title(report: ReportFormat) -> str:
    """SQL for whether a record may hold titles: none begins with a digit, and nearly every first field does."""
    first = title_fields(report)[0]
    return f"{first} < '0' or {first} >= ':'"


def ends_in_trail(report: ReportFormat) -> str:
    """SQL for whether a record ends in the delimiters of another table."""
    last = last_field(report)
    return " or ".join(f"suffix({last}, {text_of(end)})" for end in TRAILS if end[0] != report.delimiter)


def last_field(report: ReportFormat) -> str:
    """The last column with a name."""
    return f"c{len(report.header) - 1 - len(report.nameless)}"
