"""Land reports in the warehouse, and lose nothing.

Every record of every file ends in ``raw.activities`` or ``raw.users`` word for word, or in ``raw.rejected_records``
with the reason. A report is in one transaction, and the same bytes are never landed twice. Small reports that are
written alike share the transaction and the statements (``landing.groups``). The way of any other is in
``landing.one_report``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
from rich.progress import Progress

from landing.ahead import CHANGED, Ahead, refuse_changed, state_of_file
from landing.groups import GROUP_BYTES, LARGEST_GROUP, SMALL_BYTES, SMALLEST_GROUP, Reader, Size, Small, land_group
from landing.landed import Before, landed_before
from landing.meetings import ensure_meeting_salt
from landing.one_report import Load, Opened, Show, land_report
from landing.outcome import Declaration, Landing
from reports.encoding import survey
from reports.files import ReportFile, reports_in, unreadable
from reports.text import ReportRefused
from warehouse.database import path_of, spool_of
from warehouse.errors import WarehouseError, disk_trouble, in_words, is_damage
from warehouse.raw_tables import prepare_raw


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
        SiteNeeded: a report is new, and its site is not clear.
    """
    prepare_raw(connection)
    warehouse = path_of(connection)
    ensure_meeting_salt(connection, warehouse)
    if progress is not None:
        connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    sizes = [bytes_of(path) for path in paths]
    advance = partial(progress.update, progress.add_task("Landing", total=sum(sizes))) if progress else None
    done = 0
    with spool_of(warehouse) as spool:
        known, reloaded = landed_before(connection), dict(declaration.reloaded)
        loader = Loader(Load(connection, declaration, spool, known, checks_twins, reloaded))
        for path, following, size in zip(paths, [*paths, None][1:], sizes, strict=True):

            def show(share: float, done: int = done, size: int = size) -> None:
                if advance is not None:
                    advance(completed=done + share * size)

            try:
                reports = reports_in(path)
            except ReportRefused as refused:
                yield from loader.land_waiting()
                yield Landing(path, str(path), refusal=str(refused))
                reports = []
            for report in reports:
                yield from loader.land(report, show if advance else None, following if report is reports[-1] else None)
            show(1.0)
            done += size
        yield from loader.land_waiting()


@dataclass
class Loader:
    """Lands reports in their order: small ones that are written alike in groups (``landing.groups``), others alone.

    Attributes:
        load: what holds for each of them.
        waiting: small reports that wait for a group.
        ahead: reads the next large report.
    """

    load: Load
    waiting: list[Small] = field(default_factory=list)
    ahead: Ahead = field(default_factory=Ahead)
    size: Size = field(default_factory=Size)

    def __post_init__(self) -> None:
        """Know the forms of small reports."""
        self.reader = Reader(self.load.declaration)

    def land(self, report: ReportFile, show: Show | None, following: Path | None = None) -> Iterator[Landing]:
        """Land a report, or let it wait for others; yields what has landed by now. The file after it is read ahead."""
        opened, small = self._opened(report)
        if self.waiting and (small is None or not self._fits(small)):
            yield from self.land_waiting()
        # Known perhaps since those that waited have landed.
        if small is None or small.seen.sha256 in self.load.known:
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
                self._land_group(group) if is_group else [self._land_alone(one.file, one.opened, None) for one in group]
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
            with _emptied(self.load.folder):
                text = report.as_text(self.load.folder)
                state = state_of_file(text)
                seen = survey(text)
                if seen.byte_count > SMALL_BYTES:
                    return None, None
                content = text.read_bytes()
                refuse_changed(text, state, seen.sha256)
                opened = Opened(content, seen)
                is_known = seen.sha256 in self.load.known
                return opened, None if is_known else self.reader.small(report, text, opened)
        except (ReportRefused, OSError):
            # It is said when it lands.
            return opened, None

    def _fits(self, small: Small) -> bool:
        return small.is_like(self.waiting[0]) and all(small.report_id != one.report_id for one in self.waiting)

    def _land_group(self, group: list[Small]) -> list[Landing] | None:
        try:
            with _emptied(self.load.folder):
                landed = land_group(self.load, group)
        except (duckdb.Error, OSError):
            # Each is tried alone, and says what is wrong.
            return None
        if landed is not None:
            for small in group:
                self.load.known[small.seen.sha256] = Before(
                    small.file.name, None, small.report_id, self.load.declaration.site_id
                )
        return landed

    def _land_alone(
        self, report: ReportFile, opened: Opened | None, show: Show | None, following: Path | None = None
    ) -> Landing:
        state = _state_of(report) if opened is None else None
        found = self.ahead.take(report.path) if report.unpack is None else None
        if following is not None:
            self.ahead.begin(following, self.load.known, report.path)
        try:
            with _emptied(self.load.folder):
                return land_report(self.load, report, opened, found, show)
        except (ReportRefused, duckdb.Error, OSError) as error:
            why = _why_refused(report, error)
            # Of a file that changed meanwhile a fault may be said that is in none of its versions.
            is_another = state is not None and _state_of(report) not in (state, None)
            return Landing(report.path, report.shown, refusal=CHANGED if is_another else why)


def _state_of(report: ReportFile) -> tuple[int, ...] | None:
    """What shows that the file of a report has changed; None where it is unpacked once, or is not there."""
    with suppress(OSError):
        return state_of_file(report.path) if report.unpack is None else None
    return None


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
def _emptied(folder: Path) -> Iterator[None]:
    """Leave nothing in a folder that was put there. To make one for each report takes longer than to read it."""
    try:
        yield
    finally:
        for file in folder.iterdir():
            file.unlink()


def bytes_of(path: Path) -> int:
    """The bytes of a file; 0 for standard input."""
    return path.stat().st_size if path.exists() else 0


def _in_plain_words(error: duckdb.Error) -> str:
    said = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"it takes more memory than DuckDB may use. Fix: a higher MEMORY_LIMIT. ({said})"
    return f"{said} Fix: download it again."
