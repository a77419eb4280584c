"""Where the records of a report land, by its kind: in which tables, and what a record must have.

Landing itself is the same for both kinds (``landing``). What differs is said here, mostly as SQL over the columns c0,
c1, … of the staged file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from report_format import (
    DATE_FORMATS,
    DEFAULT_DATE_FORMAT,
    IDENTIFYING_COLUMNS,
    USERS_REPORT,
    ReportFormat,
    ReportRefused,
)
from warehouse import number_of


@dataclass(frozen=True)
class Destination:
    """Where the records of one report land, and which of them do not.

    Attributes:
        manifest: table of the reports of its kind.
        table: table of their records.
        essence: SQL of what a record must have; null where it has not, and then it is rejected.
        columns: SQL of the columns of the table that are made of the essence.
        fault: header of the column that is at fault in a rejected record.
        value: SQL of the text that is at fault.
        reason: SQL of what is wrong and what to do about it.
        facts: columns of the manifest that only this kind has.
        measures: the same, as SQL over the landed records.
    """

    manifest: str
    table: str
    essence: str
    fault: str
    value: str
    reason: str
    columns: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)


def destination_of(
    connection: duckdb.DuckDBPyConnection, path: Path, report: ReportFormat, time_zone: str, date_format: str | None
) -> Destination:
    """Where the staged records of a report land, with the time zone and the date format that were declared for it.

    Raises:
        ReportRefused: its dates cannot be read.
    """
    if report.kind is USERS_REPORT:
        return _users(path, report)
    return _activities(connection, report, time_zone, date_format)


def _activities(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, time_zone: str, declared: str | None
) -> Destination:
    """Activities land by their date, in UTC."""
    date_format = _date_format(connection, report, declared)
    column = f"c{report.columns['date']}"
    occurred_at = "essence"
    # An offset in the date itself wins: strptime has turned it to UTC.
    if time_zone != "UTC" and "%z" not in date_format:
        occurred_at = f"timezone('UTC', timezone({_literal(time_zone)}, essence))"
    return Destination(
        manifest="raw.reports",
        table="raw.activities",
        essence=_time(column, date_format),
        columns=(occurred_at,),
        fault=report.header_of("date"),
        value=column,
        reason=f"""
            case
                when trim({column}) = '' then 'it has no date. Cure: fill it in, or delete the record.'
                else 'the date cannot be read as ' || {_literal(date_format)}
                    || '. Cure: mend it, or say how the dates are written with --date-format.'
            end
        """,
        facts={"date_format": date_format},
        measures={"first_occurred_at": "min(occurred_at)", "last_occurred_at": "max(occurred_at)"},
    )


def _users(path: Path, report: ReportFormat) -> Destination:
    """Users land by the id or the e-mail that says who they are."""
    columns = [column for column in IDENTIFYING_COLUMNS if column in report.columns]
    texts = (f"c{report.columns[column]}" for column in columns)
    return Destination(
        manifest="raw.user_reports",
        table="raw.users",
        essence="coalesce(" + ", ".join(f"nullif(trim({text}, e' \\t\\r\\n'), '')" for text in texts) + ")",
        fault=" and ".join(report.header_of(column) for column in columns),
        value="null",
        reason="'nothing says who it is: no user id and no e-mail. Cure: fill one in, or delete the record.'",
        facts={"report_date": date_in(path.name)},
    )


def date_in(file_name: str) -> date | None:
    """The date that a file's name tells, written in the order of year, month and day; of several the latest."""
    dates = []
    for parts in re.findall(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)", file_name):
        try:
            dates.append(date(int(parts[0]), int(parts[2]), int(parts[3])))
        except ValueError:
            continue
    return max(dates, default=None)


def _date_format(connection: duckdb.DuckDBPyConnection, report: ReportFormat, declared: str | None) -> str:
    """The date format of the staged file: as declared, else the one that reads the most of its dates.

    Raises:
        ReportRefused: none reads any date, or two read equally many and differently.
    """
    if declared is not None:
        return declared
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
    example = connection.execute(f"select {column} from staged limit 1").fetchone()
    text = example[0] if example else ""
    if most == 0:
        raise ReportRefused(
            f"its column {report.header_of('date')} holds no date that is known: the first is {text!r}. Cure: say"
            " how it is written with --date-format, for example --date-format '%d %b %Y %H:%M'."
        )
    for name in DATE_FORMATS:
        mine, other = _time(column, best[0]), _time(column, name)
        only = "select count({}) filter (where {} is null) from staged"
        if number_of(connection, only.format(mine, other)) and number_of(connection, only.format(other, mine)):
            raise ReportRefused(
                f"its column {report.header_of('date')} holds dates of two orders, {best[0]} and {name}."
                " Cure: download it again, or make two files of it."
            )
    readings = ", ".join(_time(column, name) for name in best)
    if len(best) > 1 and number_of(
        connection, f"select count(*) from staged where least({readings}) <> greatest({readings})"
    ):
        choices = " or ".join(f"--date-format {name}" for name in best)
        raise ReportRefused(
            f"its column {report.header_of('date')} can be read in two ways: {text!r} may begin with the day or"
            f" the month. Cure: say which with {choices}."
        )
    return best[0]


def _time(column: str, date_format: str) -> str:
    """SQL for the time that a date means, or null.

    strptime takes a year of two digits for one of the first century, and reads the words epoch and infinity as the
    beginning of 1900, which the platform itself uses for 'never'.
    """
    formats = ", ".join(map(_literal, DATE_FORMATS.get(date_format, (date_format,))))
    time = f"try_strptime(trim({column}), [{formats}])"
    is_time = f"{time} > timestamp '1900-01-01' or {time} = timestamp '1900-01-01' and contains({column}, '1900')"
    return f"case when {is_time} then {time} end"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
