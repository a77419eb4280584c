"""The way of one report into the warehouse, in one transaction.

It is found and unpacked (``reports.files``), identified and decoded (``reports.encoding``), its header is read
(``reports.format``), it is taken apart into temporary tables (``reports.staged``), scanned (``reports.scan``),
compared with earlier reports (``twins``), and written (``landing.statements``) to where its kind lands
(``landing.destinations``). What its records mean, dbt says.
"""

from __future__ import annotations

import codecs
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from landing.ahead import ReadAhead, refuse_changed, state_of_file
from landing.declarations import is_moved, is_reloaded, not_reloaded, remember
from landing.destinations import destination_of
from landing.forgotten import remembered
from landing.held import NotPlain, Part, part_of
from landing.landed import Before, delete_reports
from landing.left_out import stage_forgotten
from landing.outcome import Declaration, Landing, SiteNeeded
from landing.statements import Staged, write_report
from reports.blanks import read_blanks
from reports.columns import may_be_called
from reports.dates import TIME_TITLES, ZONE_TITLES
from reports.encoding import Survey, encoding_of, refuse_hole, survey
from reports.files import ReportFile
from reports.format import ReportFormat, read_format
from reports.ids import ID_COLUMNS, are_all_rounded, may_read_ids, read_ids
from reports.rows import RowCount
from reports.scan import nobody_notes, scan_staged
from reports.staged import (
    numbered,
    refuse_other_columns,
    short_header_notes,
    stage,
    trail_notes,
    with_nameless,
)
from reports.text import ReportRefused
from reports.width import notes_of
from twins.check import check_twins
from twins.records import IN_WAREHOUSE, New, staged_sample
from warehouse.command_line import counted
from warehouse.database import number_of, transaction
from warehouse.raw import EqualRecords
from warehouse.rejections import Kind

TITLES_SHOWN = 5

# Shows how far a report has come, from 0 to 1.
Show = Callable[[float], None]


@dataclass(frozen=True)
class Load:
    """What holds for each report of a load.

    Attributes:
        connection: the warehouse.
        declaration: what was declared for its reports.
        folder: an empty folder for what is unpacked.
        known: what landed before, by the hash of its bytes.
        checks_twins: whether reports are compared with earlier ones.
        reloaded: reports that are still to be loaded again, by their ids, and what holds for each.
    """

    connection: duckdb.DuckDBPyConnection
    declaration: Declaration
    folder: Path
    known: dict[str, Before]
    checks_twins: bool
    reloaded: dict[str, Declaration]


@dataclass(frozen=True)
class Opened:
    """A small report that was read.

    Attributes:
        content: its bytes, unpacked.
        seen: what a pass over them found.
    """

    content: bytes
    seen: Survey


@dataclass(frozen=True)
class Read:
    """A report whose bytes were looked at.

    Attributes:
        file: where it is.
        text: its text as it was unpacked.
        seen: what a pass over its bytes found.
        report: how it is written.
        site_before: the site that it had when it landed before; blank if it did not.
    """

    file: ReportFile
    text: Path
    seen: Survey
    report: ReportFormat
    site_before: str = ""


def land_report(
    load: Load, file: ReportFile, opened: Opened | None, found: ReadAhead | None, show: Show | None
) -> Landing:
    """The way of a report: find, identify, decode, check rows and stage, compare, write. Then it is known to the load.

    Args:
        load: what holds for it.
        file: where it is.
        opened: what was read of it, if it is small.
        found: what was read of it ahead, if it is large.
        show: shows how far it has come; None if it is not shown.

    Raises:
        ReportRefused: nothing of it can be landed.
        SiteNeeded: it is new, and its site is not clear.
    """
    text = load.folder / "opened.csv" if opened else file.as_text(load.folder)
    # What was unpacked or is in memory stays as it is.
    state = None if opened or file.unpack is not None else found.file if found else state_of_file(text)
    seen = opened.seen if opened else found.seen if found else survey(text)
    before = load.known.get(seen.sha256, Before())
    own = load.reloaded.get(before.report_id)
    if own is not None and not is_moved(before, load.declaration):
        load = replace(load, declaration=own)
    declaration = load.declaration
    if before.file_name is not None and own is None and not is_reloaded(before, declaration):
        other_site = before.site_id if before.site_id != declaration.site_id and declaration.names_site else None
        return Landing(file.path, file.shown, already_landed_as=before.file_name, of_other_site=other_site)
    if before.removed_on is not None and not declaration.is_again:
        return Landing(file.path, file.shown, removed_on=before.removed_on)
    if declaration.sites and seen.byte_count:
        raise SiteNeeded(file.path)

    if opened:
        text.write_bytes(opened.content)
    refuse_hole(text, seen)
    report = read_format(text, encoding_of(text, seen, declaration.encoding, declaration.remembered_encoding))
    read = Read(file, text, seen, report, before.site_id)

    def landed(read: Read, count: RowCount | None = None, part: Part | None = None) -> Landing:
        with _progress_of(load.connection, show, 0.0, 0.4):
            staged = stage_report(load, read, count, part)
        staged = replace(
            staged,
            was_removed=before.removed_on is not None,
            notes=[*staged.notes, *_brought_back(load.connection, before)],
        )
        return _compare_and_store(load, staged, before, show, lambda: refuse_changed(text, state, seen.sha256))

    part = part_of(load.connection, text, seen, report, declaration, load.folder) if before.file_name is None else None
    landing = None
    if part is not None:
        # If it cannot be landed so, the whole report says what it is.
        with suppress(NotPlain, EqualRecords, ReportRefused, duckdb.InvalidInputException):
            landing = landed(replace(read, text=part.rest), part=part)
    if landing is None:
        landing = landed(read, found.count_of(report) if found else None)
    is_rejected = landing.landed_count == 0 and landing.rejected_count > landing.harmless_count
    load.known[seen.sha256] = Before(file.name, None, seen.sha256[:16], declaration.site_id, is_rejected)
    load.reloaded.pop(before.report_id, None)
    return landing


def stage_report(load: Load, read: Read, count: RowCount | None = None, part: Part | None = None) -> Staged:
    """Stage a report, or what it holds beside an earlier one, and find out about it all that must be known.

    Raises:
        ReportRefused: nothing of it can be landed.
        NotPlain: it holds an earlier report, and the others of its records are not plain.
    """
    connection, declaration, report = load.connection, load.declaration, read.report
    rows = stage(connection, read.text, report, load.folder, count)
    if part is not None:
        rows = replace(rows, first_number=part.rest_first_number)
    scan = scan_staged(connection, report, declaration.possible, numbered(rows))
    if part is not None and scan.dates is not None:
        # A rest without seconds makes no report without seconds: the earlier one has some.
        scan = replace(scan, dates=replace(scan.dates, is_minutes=False))
    refuse_other_columns(connection, report, scan)
    report = with_nameless(connection, report)
    notes = [
        *read.file.sheet.notes,
        *_other_encoding(report, declaration),
        *_unknown_columns(report),
        *notes_of(rows.ill_fitting, report),
        *trail_notes(connection, report, scan),
        *short_header_notes(rows),
        *nobody_notes(scan),
        *read_blanks(connection, report),
    ]
    known = remembered(connection, declaration.site_id, read.site_before)
    notes += read_ids(connection, report, scan.odd, shows_ids=known is None)
    destination = destination_of(connection, read.file, report, declaration, scan)
    forgotten = stage_forgotten(connection, report, known, rows)

    staged = Staged(
        file=read.file,
        seen=read.seen,
        declaration=declaration,
        report=report,
        rows=rows,
        scan=scan,
        destination=destination,
        forgotten=forgotten,
        notes=[*notes, *destination.notes],
        part=part,
    )
    staged = replace(staged, is_plain=_is_plain(connection, staged))
    if part is not None and not staged.is_plain:
        raise NotPlain
    return staged


def _are_all_rounded(connection: duckdb.DuckDBPyConnection, report: ReportFormat) -> bool:
    columns = [f"c{report.columns[column]}" for column in ID_COLUMNS if column in report.columns]
    return number_of(connection, f"select ({are_all_rounded(columns)})::integer from staged") == 1


def _is_plain(connection: duckdb.DuckDBPyConnection, staged: Staged) -> bool:
    """Whether a staged report has nothing that could make other records be read otherwise (``landing.held``).

    Two such reports of one form put together are one again. So its rows are as they should be, its dates and ids
    are read as they stand, each record lands, nothing is to be said of it, and it touches no forgotten person.
    """
    scan, dates, rows = staged.scan, staged.scan.dates, staged.rows
    # Where the usual format does not read a date, the essence is another; a blank one may be a title.
    return (
        staged.report.is_usual
        and rows.are_regular
        and dates is not None
        and dates.time_count > 0
        and dates.is_possible
        and dates.is_read
        and not dates.is_minutes
        and dates.time in staged.destination.essence
        and not (scan.may_have_titles or scan.has_trails or staged.notes)
        and not (scan.may_be_rounded and _are_all_rounded(connection, staged.report))
        and not staged.forgotten.is_any
        and not may_read_ids(connection, staged.report, scan.odd)
    )


def _compare_and_store(
    load: Load, staged: Staged, before: Before, show: Show | None, see_unchanged: Callable[[], None]
) -> Landing:
    """Compare a staged report with earlier ones, and write it in one transaction.

    Raises:
        ReportRefused: it would count activities twice, or its file has changed.
    """
    connection = load.connection
    if load.checks_twins and staged.report.is_of_activities:
        staged.notes.extend(_check_twins(load, staged))
    staged.notes.extend(_other_date_format(staged))
    with transaction(connection), _progress_of(connection, show, 0.4, 1.0):
        if before.file_name is not None:
            delete_reports(connection, [before.report_id])
        landing = write_report(connection, staged)
        if landing.landed_count:
            remember(connection, load.declaration, [staged.report_id])
        see_unchanged()
    return landing


def _brought_back(connection: duckdb.DuckDBPyConnection, before: Before) -> list[str]:
    """What is said of records that were removed and are in the file of a report that is loaded again."""
    if before.removed_on is not None:
        return [
            f"it was removed on {before.removed_on}, and is loaded with all records of its file. If make retention"
            " removed it: make retention RETENTION_DAYS=… removes what is too old again."
        ]
    old = "select count(*) from raw.rejected_records where report_id = $id and kind = $kind"
    count = number_of(connection, old, {"id": before.report_id, "kind": Kind.EXPIRED}) if before.file_name else 0
    if not count:
        return []
    return [
        f"{counted(count, 'record')} of it that make retention removed {'is' if count == 1 else 'are'} loaded again."
        " Fix: make retention RETENTION_DAYS=…"
    ]


def _other_encoding(report: ReportFormat, declaration: Declaration) -> list[str]:
    """What is said of an encoding that was guessed, or is another than declared."""
    declared, found = declaration.encoding, report.encoding
    if declared is not None:
        is_another = found.startswith("utf") and not codecs.lookup(declared).name.startswith(found[:5])
        return (
            [f"its letters are in {found}, so it was not read as {declared}, which was declared"] if is_another else []
        )
    if found.startswith("utf"):
        return []
    return [
        f"it is not in UTF-8, and was read as {found}. If letters look wrong: make remove"
        " REPORT=…, then make build AGAIN=1 ENCODING=…"
    ]


def _unknown_columns(report: ReportFormat) -> list[str]:
    """What is said of titles that may be a column which the report lacks: nothing of it counts."""
    if not report.is_of_activities:
        return []
    unknown = {key: title for key, title in report.unknown.items() if key not in (*TIME_TITLES, *ZONE_TITLES)}
    named = {column: [title] for column, title in may_be_called(report.missing, unknown).items()}
    left = [title for title in unknown.values() if [title] not in named.values()]
    # Without these two nobody has attended anything, and all texts are blank.
    named = {column: left for column in ("content_id", "label") if left and column in report.missing} | named
    return [_unknown(report.kind.headline(column), titles) for column, titles in named.items()]


def _unknown(wanted: str, titles: list[str]) -> str:
    which = f"columns {', '.join(titles[:TITLES_SHOWN])} are" if titles[1:] else f"column {titles[0]} is"
    one = "one of them" if titles[1:] else "it"
    return (
        f"it has no column {wanted}, and its {which} not known. Fix: if {one} is {wanted}, make remove REPORT=…, name"
        f" it {wanted} in the file, then make build"
    )


def _other_date_format(staged: Staged) -> list[str]:
    """What is said of a report whose dates are written otherwise than declared."""
    declared, found = staged.declaration.date_format, staged.destination.manifest_columns.get("date_format")
    if declared is None or found in (None, declared):
        return []
    return [f"its dates are written as {found}, and not all of them as {declared}, which was declared."]


def _check_twins(load: Load, staged: Staged) -> list[str]:
    """What is to be said of a report that holds the activities of others in another form.

    Raises:
        ReportRefused: it would count them twice.
    """
    connection, destination, declaration = load.connection, staged.destination, staged.declaration
    # Reports that are loaded again with another declaration are the twins of those that were.
    left_out = {staged.report_id, *(not_reloaded(connection) if load.reloaded else ())}
    count, held = staged.staged_count, staged.part.held if staged.part else None
    sample = staged_sample(staged.report, destination.essence, destination.occurred_at, count, held)
    unread = held.places(count) if held and not load.reloaded else range(0)
    period = f"select {destination.span} from (select {destination.essence} as essence, * from staged)"
    date_format = str(destination.manifest_columns["date_format"])
    new = New(
        *(sample, count, declaration.site_id, declaration.time_zone, date_format),
        *(left_out, unread, "" if held else period, staged.file.name, staged.report.encoding),
    )
    return check_twins(connection, new, IN_WAREHOUSE, is_allowed=declaration.allows_twins)


@contextmanager
def _progress_of(connection: duckdb.DuckDBPyConnection, show: Show | None, begin: float, end: float) -> Iterator[None]:
    """Show how far the statement that runs inside has come, from the one share to the other, four times a second."""
    if show is None:
        yield
        return
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(0.25):
            show(begin + (end - begin) * max(0.0, connection.query_progress()) / 100)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
