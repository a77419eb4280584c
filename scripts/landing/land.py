"""Land reports in the warehouse, and lose nothing.

Every record of every file ends in ``raw.activities`` or ``raw.users`` word for word, or in ``raw.rejected_records``
with the reason. A report is in one transaction, and the same bytes are never landed twice. Small reports that are
written alike share the transaction and the statements (``landing.groups``). The way of any other is
`_land_report`: it is found and unpacked (``reports.files``), identified and decoded (``reports.encoding``), its header
is read (``reports.format``), it is taken apart into temporary tables (``reports.staged``), looked at
(``reports.look``), and written (``landing.statements``) to where its kind lands (``landing.destinations``). What its
records mean, dbt says.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
from rich.progress import Progress

from landing.ahead import Ahead, ReadAhead
from landing.declarations import not_reloaded, remember
from landing.destinations import destination_of
from landing.groups import (
    GROUP_BYTES,
    LARGEST_GROUP,
    SMALL_BYTES,
    SMALLEST_GROUP,
    Opened,
    Reader,
    Size,
    Small,
    land_group,
)
from landing.held import NotPlain, Part, is_plain, part_of
from landing.landed import Before, delete_reports, landed_before
from landing.meetings import ensure_meeting_salt
from landing.outcome import SAMPLE_SITE, Declaration, Landing
from landing.statements import Staged, stage_forgotten, write_report
from landing.twin_check import IN_WAREHOUSE, check_twins, staged_sample
from landing.twins import New
from reports.encoding import Survey, encoding_of, survey
from reports.files import ReportFile, reports_in, unreadable
from reports.format import ReportFormat, read_format
from reports.ids import read_ids
from reports.look import look_at
from reports.rows import RowCount
from reports.staged import refuse_other_columns, stage, trail_notes, with_nameless
from reports.text import ReportRefused
from reports.width import notes_of
from warehouse.database import path_of, transaction
from warehouse.errors import WarehouseError, disk_trouble, in_words, is_damage
from warehouse.raw import EqualRecords, prepare_raw


def land_reports(
    connection: duckdb.DuckDBPyConnection,
    paths: list[Path],
    declaration: Declaration,
    progress: Progress | None = None,
    *,
    checks_twins: bool = True,
) -> Iterator[Landing]:
    """Land the reports that files hold one by one, each in a transaction of its own, and yield the outcome of each.

    A report that cannot be landed as a whole is refused and the next one follows; after a crash the warehouse holds
    the reports that were finished, and the same call lands the rest.

    Raises:
        WarehouseError: the disk is full or cannot be written. What was landed before stays.
    """
    prepare_raw(connection)
    ensure_meeting_salt(connection)
    connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    sizes = [_size(path) for path in paths]
    task = progress.add_task("Landing", total=sum(sizes)) if progress else None
    done = 0
    with _spool(connection) as spool:
        loader = Loader(connection, declaration, spool, landed_before(connection), checks_twins)
        for path, following, size in zip(paths, [*paths, None][1:], sizes, strict=True):

            def show(share: float, done: int = done, size: int = size) -> None:
                if progress is not None and task is not None:
                    progress.update(task, completed=done + share * size)

            try:
                reports = reports_in(path)
            except ReportRefused as refused:
                yield from loader.land_waiting()
                yield Landing(path, str(path), refusal=str(refused))
                reports = []
            for report in reports:
                yield from loader.land(report, show, following if report is reports[-1] else None)
            show(1.0)
            done += size
        yield from loader.land_waiting()


@dataclass
class Loader:
    """Lands reports in their order: small ones that are written alike in groups (``landing.groups``), others alone.

    Attributes:
        connection: the warehouse.
        declaration: what was declared for them.
        spool: an empty folder for what is unpacked.
        known: what landed before, by the hash of its bytes.
        checks_twins: whether reports are compared with earlier ones.
        waiting: small reports that wait for a group.
        ahead: reads the next large report.
    """

    connection: duckdb.DuckDBPyConnection
    declaration: Declaration
    spool: Path
    known: dict[str, Before]
    checks_twins: bool
    waiting: list[Small] = field(default_factory=list)
    ahead: Ahead = field(default_factory=Ahead)
    size: Size = field(default_factory=Size)

    def __post_init__(self) -> None:
        """Know the forms of small reports."""
        self.reader = Reader(self.declaration)

    def land(
        self, report: ReportFile, show: Callable[[float], None], following: Path | None = None
    ) -> Iterator[Landing]:
        """Land a report, or let it wait for others; yields what has landed by now. The file after it is read ahead."""
        opened, small = self._opened(report)
        if self.waiting and (small is None or not self._fits(small)):
            yield from self.land_waiting()
        # Known perhaps since those that waited have landed.
        if small is None or small.seen.sha256 in self.known:
            yield self._land_alone(report, opened, show, following)
            return
        self.waiting.append(small)
        if len(self.waiting) >= LARGEST_GROUP or sum(len(one.lines) for one in self.waiting) >= GROUP_BYTES:
            yield from self.land_waiting()

    def land_waiting(self) -> Iterator[Landing]:
        """Land the reports that wait, in groups as large as they may be."""
        while self.waiting:
            is_group = min(self.size.together, len(self.waiting)) >= SMALLEST_GROUP
            group = self.waiting[: self.size.together if is_group else self.size.alone]
            landed = (
                self._land_group(group)
                if is_group
                else [self._land_alone(one.file, one.opened, _unseen) for one in group]
            )
            if landed is None:
                self.size.after_failure(len(group))
                continue
            if is_group:
                self.size.after_group()
            elif self.size.together < SMALLEST_GROUP:
                self.size.after_alone()
            del self.waiting[: len(group)]
            yield from landed

    def _opened(self, report: ReportFile) -> tuple[Opened | None, Small | None]:
        """What was read of a small report, and the report as it may wait for a group; None if it must land alone."""
        opened = None
        try:
            # A workbook is read by a process of its own, and once.
            if report.path.stat().st_size > SMALL_BYTES or report.file_format == "xlsx":
                return None, None
            with _emptied(self.spool):
                text = report.as_text(self.spool)
                seen = survey(text)
                if seen.byte_count > SMALL_BYTES:
                    return None, None
                opened = Opened(text.read_bytes(), seen)
                is_known = seen.sha256 in self.known
                return opened, None if is_known else self.reader.small(report, text, opened)
        except (ReportRefused, OSError):
            # It is said when it lands.
            return opened, None

    def _fits(self, small: Small) -> bool:
        return small.is_like(self.waiting[0]) and all(small.report_id != one.report_id for one in self.waiting)

    def _land_group(self, group: list[Small]) -> list[Landing] | None:
        try:
            with _emptied(self.spool):
                landed = land_group(
                    self.connection, group, self.declaration, self.spool, checks_twins=self.checks_twins
                )
        except (duckdb.Error, OSError):
            # Each is tried alone, and says what is wrong.
            return None
        if landed is not None:
            for small in group:
                self.known[small.seen.sha256] = Before(small.file.name, None, small.report_id, self.declaration.site_id)
        return landed

    def _land_alone(
        self,
        report: ReportFile,
        opened: Opened | None,
        show: Callable[[float], None],
        following: Path | None = None,
    ) -> Landing:
        found = self.ahead.take(report.path) if report.unpack is None else None
        if following is not None:
            self.ahead.begin(following, self.known, report.path)
        try:
            with _emptied(self.spool):
                return _land_report(
                    self.connection,
                    report,
                    opened,
                    found,
                    self.declaration,
                    self.spool,
                    show,
                    self.known,
                    checks_twins=self.checks_twins,
                )
        except (ReportRefused, duckdb.Error, OSError) as error:
            return Landing(report.path, report.shown, refusal=_why_refused(report, error))


def _land_report(
    connection: duckdb.DuckDBPyConnection,
    file: ReportFile,
    opened: Opened | None,
    found: ReadAhead | None,
    declaration: Declaration,
    folder: Path,
    show: Callable[[float], None],
    known: dict[str, Before],
    *,
    checks_twins: bool,
) -> Landing:
    """The way of a report: find, identify, decode, check rows and stage, compare, write.

    The landed reports are added to ``known``.

    Raises:
        ReportRefused: nothing of it can be landed.
    """
    text = folder / "opened.csv" if opened else file.as_text(folder)
    seen = opened.seen if opened else found.seen if found else survey(text)
    before = known.get(seen.sha256, Before())
    if before.file_name is not None and not _is_reloaded(before, declaration):
        other_site = before.site_id if before.site_id != declaration.site_id and declaration.names_site else None
        return Landing(file.path, file.shown, already_landed_as=before.file_name, of_other_site=other_site)
    if before.removed_on is not None and not declaration.is_again:
        return Landing(file.path, file.shown, removed_on=before.removed_on)
    if declaration.sites:
        raise WarehouseError(
            f"{file.shown} is new, and the warehouse holds several sites: {', '.join(declaration.sites)}. Nothing of it"
            f" was loaded. Fix: name its site, such as make build SITE={declaration.sites[0]}"
        )

    if opened:
        text.write_bytes(opened.content)
    report = read_format(text, encoding_of(text, seen, declaration.encoding, declaration.remembered_encoding))

    def landed(text: Path, count: RowCount | None = None, part: Part | None = None) -> Landing:
        with _progress_of(connection, lambda share: show(share * 0.4)):
            staged = _taken_apart(connection, file, text, seen, report, declaration, folder, count, part)
        staged = replace(staged, was_removed=before.removed_on is not None)
        return _written(connection, staged, before, show, checks_twins=checks_twins)

    part = part_of(connection, text, seen, report, declaration, folder) if before.file_name is None else None
    landing = None
    if part is not None:
        # If it cannot be landed so, the whole report says what it is.
        with suppress(NotPlain, EqualRecords, ReportRefused, duckdb.InvalidInputException):
            landing = landed(part.rest, part=part)
    if landing is None:
        landing = landed(text, found.count_of(report) if found else None)
    is_rejected = landing.landed_count == 0 and landing.rejected_count > landing.harmless_count
    known[seen.sha256] = Before(file.name, None, seen.sha256[:16], declaration.site_id, is_rejected)
    return landing


def _taken_apart(
    connection: duckdb.DuckDBPyConnection,
    file: ReportFile,
    text: Path,
    seen: Survey,
    report: ReportFormat,
    declaration: Declaration,
    folder: Path,
    count: RowCount | None,
    part: Part | None,
) -> Staged:
    """Stage a report, or what it holds beside an earlier one, and find out about it all that must be known.

    Raises:
        ReportRefused: nothing of it can be landed.
        NotPlain: it holds an earlier report, and the others of its records are not plain.
    """
    rows = stage(connection, text, report, folder, count)
    look = look_at(connection, report, declaration.possible)
    if part is not None and look.dates is not None:
        rows = replace(rows, first_number=part.rest_first_number)
        # A rest without seconds makes no report without seconds: the earlier one has some.
        look = replace(look, dates=replace(look.dates, is_minutes=False))
    refuse_other_columns(connection, report, look, rows)
    report = with_nameless(connection, report)
    notes = [
        *_guessed_encoding(report, declaration),
        *notes_of(rows.ill_fitting, report),
        *trail_notes(connection, report, look),
    ]
    notes += read_ids(connection, report, look.odd)
    destination = destination_of(connection, file.name, report, declaration, look)
    forgotten = stage_forgotten(connection, report, declaration.site_id, rows)

    staged = Staged(
        *(file, seen, declaration, report, rows, look, destination, forgotten, [*notes, *destination.notes]), part
    )
    staged = replace(staged, is_plain=is_plain(connection, staged))
    if part is not None and not staged.is_plain:
        raise NotPlain
    return staged


def _written(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    before: Before,
    show: Callable[[float], None],
    *,
    checks_twins: bool,
) -> Landing:
    """Compare a staged report with earlier ones, and write it in one transaction.

    Raises:
        ReportRefused: it would count activities twice.
    """
    report, declaration = staged.report, staged.declaration
    if checks_twins and report.is_of_activities:
        staged.notes.extend(_check_twins(connection, staged))
    staged.notes.extend(_other_date_format(staged))
    with transaction(connection), _progress_of(connection, lambda share: show(0.4 + share * 0.6)):
        if before.file_name is not None:
            delete_reports(connection, [before.report_id])
        landing = write_report(connection, staged)
        if landing.landed_count:
            remember(connection, declaration)
    return landing


def _guessed_encoding(report: ReportFormat, declaration: Declaration) -> list[str]:
    if report.encoding.startswith("utf") or declaration.encoding is not None:
        return []
    return [
        f"it is not in UTF-8, and was read as {report.encoding}. If letters look wrong: make remove"
        " REPORT=…, then make build AGAIN=1 ENCODING=…"
    ]


def _not_yet_reloaded(connection: duckdb.DuckDBPyConnection, declaration: Declaration) -> list[str]:
    return [one.report_id for one in not_reloaded(connection, declaration)] if declaration.reloaded else []


def _other_date_format(staged: Staged) -> list[str]:
    """What is said of a report whose dates are written otherwise than declared."""
    declared, found = staged.declaration.date_format, staged.destination.facts.get("date_format")
    if declared is None or found in (None, declared):
        return []
    return [f"its dates are written as {found}, and none of them as {declared}, which was declared."]


def _is_reloaded(before: Before, declaration: Declaration) -> bool:
    """Whether a report that landed before is loaded again.

    It is where it was declared again, nothing of it landed, or it landed as one of the sample, which is about to leave.
    """
    is_of_sample = before.site_id == SAMPLE_SITE != declaration.site_id
    is_moved = declaration.moves_reports and before.site_id != declaration.site_id
    return before.is_rejected or is_of_sample or is_moved or before.report_id in dict(declaration.reloaded)


def _check_twins(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[str]:
    """What is to be said of a report that holds the activities of others in another form.

    Raises:
        ReportRefused: it would count them twice.
    """
    destination, declaration = staged.destination, staged.declaration
    # Reports that are loaded again with another declaration are the twins of those that were.
    left_out = {staged.report_id, *_not_yet_reloaded(connection, declaration)}
    count, held = staged.staged_count, staged.part.held if staged.part else None
    sample = staged_sample(staged.report, destination.essence, destination.occurred_at, count, held)
    unread = held.places(count) if held and not declaration.reloaded else range(0)
    new = New(sample, count, left_out, unread)
    return check_twins(connection, new, IN_WAREHOUSE, declaration, str(destination.facts["date_format"]))


def _why_refused(report: ReportFile, error: Exception) -> str:
    """Why nothing of a report landed, in words.

    Raises:
        WarehouseError: nothing of any other would land either.
    """
    trouble = disk_trouble(str(error))
    if isinstance(error, ReportRefused):
        return str(error)
    if trouble is not None:
        raise WarehouseError(
            f"{report.shown} was not landed: {trouble}. What was landed before it is whole."
        ) from error
    if is_damage(error):
        raise WarehouseError(
            f"{report.shown} was not landed, because the warehouse is damaged: {in_words(error)} The report is not to"
            " blame. Fix: put a backup in its place; or delete it, and make build loads all reports again, also what"
            " they hold of people who were forgotten."
        ) from error
    return _in_plain_words(error) if isinstance(error, duckdb.Error) else str(unreadable(error))


@contextmanager
def _spool(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """A folder beside the warehouse for what is unpacked: on its disk, under its protection, and for one loader.

    If a loader is killed, ``warehouse.database.connect`` removes its folder when the warehouse is next opened.
    """
    warehouse = path_of(connection)
    if warehouse is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    spool = Path(f"{warehouse}.landing")
    try:
        spool.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise WarehouseError(f"{spool} cannot be written: {in_words(error)}") from error
    try:
        yield spool
    finally:
        shutil.rmtree(spool, ignore_errors=True)


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Leave nothing in a folder that was put there. To make one for each report takes longer than to read it."""
    try:
        yield
    finally:
        for file in folder.iterdir():
            file.unlink()


@contextmanager
def _progress_of(connection: duckdb.DuckDBPyConnection, show: Callable[[float], None]) -> Iterator[None]:
    """Show how far the statement that runs inside has come, from 0 to 1, four times a second."""
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(0.25):
            show(max(0.0, connection.query_progress()) / 100)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _unseen(_: float) -> None:
    """No progress is shown of one report of a group."""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _in_plain_words(error: duckdb.Error) -> str:
    said = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"it takes more memory than DuckDB may use. Fix: a higher MEMORY_LIMIT. ({said})"
    return f"{said} Fix: download it again."
