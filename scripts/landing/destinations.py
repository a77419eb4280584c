"""The destination of the records of a report, by its kind: the tables, and what a record must have.

Landing itself is the same for both kinds (``landing.one_report``). What differs is said here, mostly as SQL over the
columns c0, c1, … of the staged file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

import duckdb

from landing.faults import Fault, no_record, shortened_ids
from landing.half_days import notes_of_half_days
from landing.orders import Asked, format_of
from landing.outcome import Declaration
from landing.times import impossible, is_never, parsed
from landing.user_lists import refuse_other_lists
from landing.zones import in_utc, notes_of_unknown_zone
from reports.columns import IDENTIFYING_COLUMNS
from reports.date_formats import DEFAULT_DATE_FORMAT, SPREADSHEET_DAYS
from reports.dates import notes_of_days, read_dates
from reports.files import ReportFile
from reports.format import ReportFormat
from reports.ids import cleaned_field, cleaned_id
from reports.scan import DatesScanned, Scan
from warehouse.database import text_of
from warehouse.rejections import Kind


@dataclass(frozen=True)
class Destination:
    """Where the records of one report land, and which of them do not.

    Attributes:
        manifest: table of the reports of its kind.
        table: table of their records.
        essence: SQL of what a record must have; null where it has not, and then it is rejected.
        faults: why a record has not, the first that is so counts.
        columns: the columns of the table that are made of the essence, each with its SQL and its type.
        manifest_columns: columns of the manifest that only this kind has.
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
    manifest_columns: dict[str, object] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    occurred_at: str = "null"
    span: str = "null, null"


def destination_of(
    connection: duckdb.DuckDBPyConnection, file: ReportFile, report: ReportFormat, declaration: Declaration, scan: Scan
) -> Destination:
    """Where the staged records of a report land, with the time zone and the date format that were declared for it.

    A declared date format is used if it reads any date. The one that was declared for the site before is used where the
    file leaves it open.

    Raises:
        ReportRefused: its dates cannot be read, or it holds users and is no report of them.
    """
    if scan.dates is None:
        return _users(connection, file.name, report, scan)
    return _activities(connection, file, report, declaration, scan, scan.dates)


def _activities(
    connection: duckdb.DuckDBPyConnection,
    file: ReportFile,
    report: ReportFormat,
    declaration: Declaration,
    scan: Scan,
    seen: DatesScanned,
) -> Destination:
    """Activities land by their date, in UTC."""
    dates = read_dates(connection, report, seen)
    is_cell = file.sheet.has_dates or dates.form == SPREADSHEET_DAYS
    found = format_of(Asked(connection, report, dates, declaration, scan.numbered, date_in(file.name), is_cell))
    # A form that is brought into the usual one has a name of its own: a change of it is a change of the report.
    date_format = dates.form if dates.form and found.date_format == DEFAULT_DATE_FORMAT else found.date_format
    title, column, read = report.header_of("date"), dates.raw, parsed(dates, date_format)
    # In nearly every report all dates are possible, to the second. The text is asked, as comparing times costs more.
    time = read if dates.is_possible and date_format == DEFAULT_DATE_FORMAT else declaration.possible.only(read)
    occurred_at, flag = in_utc(connection, dates, date_format, time, declaration)
    shortened = shortened_ids(report, "user_id", scan) + shortened_ids(report, "content_id", scan)
    is_shortened = " or ".join(fault.test for fault in shortened)
    essence = f"case when {is_shortened} then null else {time} end" if is_shortened else time
    return Destination(
        manifest="raw.reports",
        table="raw.activities",
        essence=essence,
        columns=(("occurred_at", occurred_at, "timestamp"), ("time_flag", flag, "varchar")),
        faults=[
            *no_record(report),
            *shortened,
            Fault(
                Kind.NO_DATE, f"trim({column}) = ''", "'it has no date. Fix: fill it in, or delete the record.'", title
            ),
            Fault(
                Kind.NEVER,
                is_never(column),
                "'its date is the one that the platform writes for never. Fix: none is needed, because it is no time.'",
                title,
                column,
            ),
            *impossible(read, declaration.possible, title, column),
            Fault(
                Kind.UNREADABLE_DATE,
                "true",
                f"""
                'the date cannot be read as ' || {text_of(date_format)}
                || '. Fix: correct it, or download the report again.'
                """,
                title,
                column,
            ),
        ],
        occurred_at=occurred_at,
        manifest_columns={"date_format": date_format},
        span=f"min({occurred_at}), max({occurred_at})",
        measures={
            "first_occurred_at": "min(occurred_at)",
            "last_occurred_at": "max(occurred_at)",
            "nonexistent_hour_count": "count(*) filter (where time_flag = 'nonexistent')",
            "doubled_hour_count": "count(*) filter (where time_flag = 'doubled')",
        },
        notes=(
            *dates.notes,
            *notes_of_days(connection, dates, essence),
            *found.notes,
            *notes_of_half_days(connection, report, read, scan),
            *notes_of_unknown_zone(connection, dates, date_format, declaration),
        ),
    )


def _users(connection: duckdb.DuckDBPyConnection, name: str, report: ReportFormat, scan: Scan) -> Destination:
    """Users land by the id or the e-mail that says who they are."""
    columns = [column for column in IDENTIFYING_COLUMNS if column in report.columns]
    read = {"user_id": cleaned_id, "email": cleaned_field}
    who = f"coalesce({', '.join(read[column](f'c{report.columns[column]}') for column in columns)})"
    unfit = [*no_record(report), *shortened_ids(report, "user_id", scan)]
    is_unfit = " or ".join(fault.test for fault in unfit)
    refuse_other_lists(connection, report, f"lower({who})", is_unfit, scan.numbered)
    return Destination(
        manifest="raw.user_reports",
        table="raw.users",
        essence=f"case when {is_unfit} then null else {who} end",
        faults=[
            *unfit,
            Fault(
                Kind.NO_USER,
                "true",
                "'nothing says who it is: no user id and no e-mail. Fix: fill one in, or delete the record.'",
                " and ".join(report.header_of(column) for column in columns),
            ),
        ],
        manifest_columns={"report_date": date_in(name)},
    )


def date_in(file_name: str) -> date | None:
    """The date in a file's name, written in the order of year, month and day; the latest of several."""
    dates = []
    for parts in re.findall(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)", file_name):
        try:
            dates.append(date(int(parts[0]), int(parts[2]), int(parts[3])))
        except ValueError:
            continue
    return max(dates, default=None)
