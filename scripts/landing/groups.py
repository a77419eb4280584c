"""Land many small reports of one form at once: to plan the statements for one takes longer than to read it.

Small reports that are written alike are put together into one text, and each statement is run once for all of them.
Only what is plain in every respect goes this way: no record is rejected, no id or date is read otherwise than written,
nothing is said of the report, no person of it was forgotten, and no record may be the twin of another. If something of
a group is not plain, nothing of it is written, and its reports land in smaller groups or alone (``landing.land``), with
their own messages. So the outcome is the same, and a test compares both ways.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from landing.declarations import remember
from landing.destinations import Destination
from landing.one_report import Load, Opened, Read, stage_report
from landing.orders import SPAN_RATIO
from landing.outcome import Declaration, Landing
from landing.pasted import FEWEST, found_copies
from landing.statements import Staged, columns_of_form, raw_columns_of
from landing.times import OUTLIER_DAYS
from landing.zones import notes_of_clock_changes
from reports.blanks import may_hold_word
from reports.date_formats import DEFAULT_DATE_FORMAT, SELDOM
from reports.dates import TIMES_NEEDED
from reports.encoding import Survey, encoding_of
from reports.files import STANDARD_INPUT, ReportFile
from reports.format import ReportFormat, read_format
from reports.ids import ID_COLUMNS, are_all_rounded, holds_alike, may_read_ids
from reports.rows import RowCount, count_rows
from reports.scan import is_nobody, is_of_half_day
from reports.text import ReportRefused
from twins.find import may_hold_twins
from twins.records import IN_WAREHOUSE
from warehouse.database import number_of, transaction
from warehouse.raw import store_records

# A larger report takes longer to read than its statements to plan.
SMALL_BYTES = 1 << 16
LARGEST_GROUP, SMALLEST_GROUP = 512, 4
GROUP_BYTES = 1 << 22


@dataclass(frozen=True)
class Small:
    """A small report that may land in a group.

    Attributes:
        file: the report.
        opened: what was read of it.
        report: how it is written.
        lines: its records, without the header.
        count: how many they are.
    """

    file: ReportFile
    opened: Opened
    report: ReportFormat
    lines: bytes
    count: int

    @property
    def seen(self) -> Survey:
        """What a pass over its bytes found."""
        return self.opened.seen

    @property
    def report_id(self) -> str:
        """The id of the report: the beginning of its hash."""
        return self.seen.sha256[:16]

    def is_like(self, other: Small) -> bool:
        """Whether both can be in a group."""
        return self.report == other.report and self.lines.endswith(b"\r\n") == other.lines.endswith(b"\r\n")


@dataclass
class Size:
    """How many reports land together next; where hardly any is plain, groups are tried seldom.

    Attributes:
        together: reports of the next group; if they are too few for one, some land alone first.
        alone: how many.
    """

    together: int = LARGEST_GROUP
    alone: int = SMALLEST_GROUP

    def after_group(self) -> None:
        """A group has landed: the next one may be larger."""
        self.together, self.alone = min(LARGEST_GROUP, self.together * 2), SMALLEST_GROUP

    def after_failure(self, tried: int) -> None:
        """A group of so many was not plain: a smaller one may be."""
        self.together = tried // 4

    def after_alone(self) -> None:
        """Some have landed alone: a group is tried again, and more land alone if it fails."""
        self.together, self.alone = SMALLEST_GROUP, min(LARGEST_GROUP, self.alone * 2)


@dataclass
class Reader:
    """Finds the small reports; reports with the same first line have one form."""

    declaration: Declaration
    forms: dict[bytes, ReportFormat | None] = field(default_factory=dict)

    def small(self, file: ReportFile, text: Path, opened: Opened) -> Small | None:
        """A report as a member of a group; None if it is to land alone."""
        content, seen = opened.content, opened.seen
        if not self._may_be_in_group(file, seen):
            return None
        head, _, lines = content.partition(b"\n")
        end = b"\r\n" if head.endswith(b"\r") else b"\n"
        if content.count(b"\r") != (content.count(b"\n") if end == b"\r\n" else 0) or b"\0" in content or not lines:
            return None
        if head not in self.forms:
            self.forms[head] = self._form(text, seen)
        report = self.forms[head]
        if report is None:
            return None
        width = len(report.header)
        found = count_rows(text, report)
        count = found.rows - 1
        if (
            count < 1
            or found != RowCount(count + 1, (count + 1) * (width - 1))
            or (b'"' in content and not _is_sound(lines, report, count))
        ):
            return None
        return Small(file, opened, report, lines if lines.endswith(end) else lines + end, count)

    def _may_be_in_group(self, file: ReportFile, seen: Survey) -> bool:
        declared = self.declaration
        return (
            seen.is_utf8
            and str(file.path) != STANDARD_INPUT
            and file.file_format != "xlsx"
            and not declared.reloaded
            and not declared.sites
            and declared.date_format in (None, DEFAULT_DATE_FORMAT)
            and declared.remembered_date_format not in SELDOM
        )

    def _form(self, text: Path, seen: Survey) -> ReportFormat | None:
        try:
            encoding = encoding_of(text, seen, self.declaration.encoding, self.declaration.remembered_encoding)
            report = read_format(text, encoding)
        except ReportRefused:
            return None
        return report if report.is_usual else None


def _is_sound(lines: bytes, report: ReportFormat, count: int) -> bool:
    """Whether each record of a report with double quotes has all its fields, by Python's strict reader."""
    text = io.StringIO(lines.decode("utf-8"), newline="")
    try:
        widths = [len(row) for row in csv.reader(text, delimiter=report.delimiter, strict=True)]
    except csv.Error:
        return False
    return widths == [len(report.header)] * count


def land_group(load: Load, group: Sequence[Small]) -> list[Landing] | None:
    """Land small reports of one form in one transaction; None if something of them is not plain, and nothing landed."""
    connection, declaration = load.connection, load.declaration
    try:
        staged = _stage_members(load, group)
        if staged is None or not _is_plain(connection):
            return None
        if load.checks_twins and may_hold_twins(
            connection, "members", IN_WAREHOUSE, declaration.site_id, declaration.time_zone
        ):
            return None
        with transaction(connection):
            return _written(connection, group, declaration, staged.destination)
    except (ReportRefused, duckdb.InvalidInputException):
        return None


def _stage_members(load: Load, group: Sequence[Small]) -> Staged | None:
    """Stage the reports as one, and put their records into the table ``members``; None if they are not plain."""
    connection, first, report = load.connection, group[0], group[0].report
    text = load.folder / "group.csv"
    end = b"\r\n" if first.lines.endswith(b"\r\n") else b"\n"
    header = report.delimiter.join(_quoted(title) for title in report.header)
    text.write_bytes(header.encode() + end + b"".join(small.lines for small in group))
    staged = stage_report(load, Read(first.file, text, first.seen, report))
    rows, scan, destination = staged.rows, staged.scan, staged.destination
    if rows.ill_fitting or not rows.record_count == rows.staged_count == sum(small.count for small in group):
        return None
    if staged.notes or staged.forgotten.is_any or destination.manifest_columns["date_format"] != DEFAULT_DATE_FORMAT:
        return None
    if scan.has_trails:
        return None
    if may_read_ids(connection, report, scan.odd) or holds_alike(connection, report, scan.odd):
        return None
    connection.execute(
        f"""
        create or replace temp table members as
        with placed as (
            select staged.rowid as place, ids.*, {destination.essence} as essence, staged.*
            from staged
            asof join (
                select
                    unnest($ids::varchar[]) as report_id,
                    unnest($first::bigint[]) as first_place,
                    unnest(range(len($ids))) as member
            ) as ids on staged.rowid >= ids.first_place
        )
        select
            member,
            report_id,
            place + 1 as position,
            place - first_place + 1 as record_number,
            {raw_columns_of(report, destination)}
        from placed
        """,
        {
            "ids": [small.report_id for small in group],
            "first": list(itertools.accumulate((small.count for small in group[:-1]), initial=0)),
        },
    )
    return staged


def _quoted(text: str) -> str:
    """A field in double quotes."""
    return '"' + text.replace('"', '""') + '"'


def _is_plain(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether every record lands, and nothing is to be said of the times of a report (``reports.dates``)."""
    return not number_of(
        connection,
        f"""
        select count(*) from (
            select 1 from members
            group by member
            having
                not bool_and(occurred_at is not null)
                -- A digit of another script takes more than a byte, and the usual format does not read it.
                or not bool_and(strlen(date) = 19 and date like '____-__-__ __:__:__')
                or 2 * count(*) filter (where {is_nobody("user_id")}) > count(*)
                or count(*) >= {TIMES_NEEDED // 2} and min(substr(date, 12)) = max(substr(date, 12))
                or bool_and(suffix(date, '00:00:00'))
                or count(*) >= {TIMES_NEEDED} and bool_and(suffix(date, ':00'))
                or count(*) >= {TIMES_NEEDED} and bool_and({is_of_half_day("try_cast(substr(date, 12, 2) as tinyint)")})
                or max(occurred_at) - min(occurred_at) > to_days({OUTLIER_DAYS})
                -- A spreadsheet may have swapped day and month (``landing.orders``).
                or count(*) >= {TIMES_NEEDED}
                and bool_and(substr(date, 9, 2) <= '12')
                and max(occurred_at) - min(occurred_at) > to_days({SPAN_RATIO})
                or {are_all_rounded(ID_COLUMNS)}
                or {may_hold_word()}
        )
        """,
    )


def _written(
    connection: duckdb.DuckDBPyConnection, group: Sequence[Small], declaration: Declaration, destination: Destination
) -> list[Landing]:
    """Write the reports, in the transaction of the caller.

    Raises:
        ReportRefused: a record would be lost, or may count twice.
    """
    ids = [small.report_id for small in group]
    members = "select * replace (position as record_number), record_number as number_in_report from members"
    stored = store_records(connection, ids, declaration.site_id, lambda which: f"from ({members}) where {which}")
    if [one.count for one in stored] != [small.count for small in group]:
        raise ReportRefused("records of a group would be lost.")
    if stored[0].copies and found_copies(connection, stored[0].copies).times >= FEWEST:
        raise ReportRefused("a report of a group may hold downloads that were put into one file.")
    files = {
        "report_id": ids,
        "file_name": [small.file.name for small in group],
        "file_sha256": [small.seen.sha256 for small in group],
        "file_bytes": [small.seen.byte_count for small in group],
        "file_format": [small.file.file_format for small in group],
    }
    shared = {**columns_of_form(group[0].report, declaration), **destination.manifest_columns}
    inserted = connection.execute(
        f"""
        insert into raw.reports by name
        select
            files.*,
            {", ".join(f"${name} as {name}" for name in shared)},
            count(*) as record_count,
            count(*) as landed_count,
            0 as rejected_count,
            {", ".join(f"{measure} as {name}" for name, measure in destination.measures.items())},
            max(occurred_at) as usual_last_occurred_at,
            -- All else that makes a report plain (``landing.one_report``) holds of each report of a group.
            not bool_and(suffix(date, ':00')) as is_plain,
            -- Each is a little later than the one before, so that the order of loading stays known.
            now()::timestamp + to_microseconds(member) as loaded_at
        from members inner join (select {", ".join(f"unnest(${name}) as {name}" for name in files)}) as files
            using (report_id)
        group by all
        order by loaded_at
        returning report_id, nonexistent_hour_count, doubled_hour_count
        """,
        {**files, **shared},
    ).fetchall()
    clock_changes = {report_id: counts for report_id, *counts in inserted}
    remember(connection, declaration, ids)
    return [
        Landing(
            small.file.path,
            small.file.shown,
            landed_count=small.count,
            new_count=one.new_count,
            notes=notes_of_clock_changes(*clock_changes[small.report_id]),
        )
        for small, one in zip(group, stored, strict=True)
    ]
