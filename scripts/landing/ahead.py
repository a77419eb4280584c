"""Read the bytes of the next large report while DuckDB stores the one before.

To hash a report and to count its rows takes one core. DuckDB leaves one idle for a part of its time.
"""

from __future__ import annotations

import threading
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from landing.held import seems_to_hold
from reports.encoding import Survey, encoding_of, survey
from reports.format import ReportFormat, read_format
from reports.rows import RowCount, count_rows
from reports.text import ReportRefused

# A smaller file is read in less time than a thread is worth.
LARGE_BYTES = 1 << 23

CHANGED = (
    "its file changed while it was read, so that nothing of it was loaded. Fix: wait until the download or the copy has"
    " ended, and give the same command again."
)


@dataclass(frozen=True)
class ReadAhead:
    """What was found in the bytes of a file.

    Attributes:
        file: what the file was like before it was read.
        seen: its survey.
        report: how it is written, if that is plain.
        count: its rows and delimiters, if so.
    """

    file: tuple[int, ...]
    seen: Survey
    report: ReportFormat | None
    count: RowCount | None

    def count_of(self, report: ReportFormat) -> RowCount | None:
        """The count, if a report turns out to be written as it was taken to be."""
        return self.count if report == self.report else None


class Ahead:
    """Reads one file ahead, in a thread of its own."""

    def __init__(self) -> None:
        """Begin with none."""
        self._path: Path | None = None
        self._found: ReadAhead | None = None
        self._thread: threading.Thread | None = None

    def begin(self, path: Path, known: Container[str], before: Path | None = None) -> None:
        """Begin to read a file, if it is large and plain text by its name.

        Args:
            path: the file.
            known: the hashes of reports whose rows need not be counted.
            before: the file before it. If the report seems to hold that one, its rows need not be counted either.
        """
        self._path, self._found, self._thread = path, None, None
        with suppress(OSError):
            if path.suffix.lower() == ".csv" and path.stat().st_size >= LARGE_BYTES:
                self._thread = threading.Thread(target=self._read, args=(path, known, before), daemon=True)
                self._thread.start()

    def take(self, path: Path) -> ReadAhead | None:
        """What was found in a file; None if it was not read, or has changed since."""
        if path != self._path or self._thread is None:
            return None
        self._thread.join()
        found, self._found = self._found, None
        with suppress(OSError):
            return found if found is not None and found.file == state_of_file(path) else None
        return None

    def _read(self, path: Path, known: Container[str], before: Path | None) -> None:
        # If anything is wrong with the file, its own turn will say so.
        with suppress(OSError, ReportRefused):
            state, seen, report, count = state_of_file(path), survey(path), None, None
            with suppress(ReportRefused):
                is_known = seen.sha256 in known or (before is not None and seems_to_hold(path, before))
                if not is_known and seen.is_utf8 and encoding_of(path, seen) == "utf-8":
                    report = read_format(path, "utf-8")
                    is_plain = not (report.start or report.wrapped_by or report.trailed_by)
                    count = count_rows(path, report) if is_plain else None
            self._found = ReadAhead(state, seen, report, count)


def state_of_file(path: Path) -> tuple[int, ...]:
    """What differs once a file was written again or replaced."""
    state = path.stat()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def refuse_changed(path: Path, state: tuple[int, ...] | None, sha256: str) -> None:
    """Refuse a report whose file has other bytes by now: what was read of it need not be what its hash is of.

    Raises:
        ReportRefused: it is.
    """
    # Other rights, or another link to it, change its state and no byte.
    if state is not None and state != state_of_file(path) and survey(path).sha256 != sha256:
        raise ReportRefused(CHANGED)
