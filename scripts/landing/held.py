"""A download that holds an earlier one: only what is new in it is read (docs/decisions/0020).

Platforms give all that is there with each download, the oldest record first or the newest. So a report begins or ends
with the bytes of an earlier one, and the records in them are known. Of a report whose parts are plain
(``landing.one_report``) all that depends on the whole follows from the parts. Any other is read as a whole, and the
outcome is the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from landing.outcome import Declaration
from reports.date_formats import DEFAULT_DATE_FORMAT
from reports.encoding import Survey
from reports.format import ReportFormat
from warehouse.raw import Held

# A smaller report is read in less time than it takes to look for an earlier one in it.
SMALLEST = 1 << 18
# An earlier report is looked for if a report is at most so many times as large.
MOST_TIMES = 4
# The bytes of so many are compared. Whether a line ends where one would end rules most others out.
MOST_COMPARED = 3
_CHUNK_BYTES = 1 << 20
_TAIL_BYTES = 1 << 12


class NotPlain(Exception):
    """What is new in a report is not plain, so that the report must be read as a whole."""


@dataclass(frozen=True)
class Part:
    """The part of a report that is an earlier one, and a file with its header and all its other records.

    Attributes:
        held: the records of the earlier report.
        rest: the file.
        measures: what the manifest has of the earlier report: the first and the last time, and how many of its times
            are in hours that the clocks skipped or showed twice.
    """

    held: Held
    rest: Path
    measures: tuple[Any, ...]

    @property
    def rest_first_number(self) -> int:
        """The number in the report of the first of the other records."""
        return self.held.count + 1 if self.held.is_first else 1

    def joined(self, measures: Sequence[Any]) -> list[Any]:
        """What the manifest has of the whole report, by the same of its other records."""
        (first, last, *counts), (rest_first, rest_last, *rest_counts) = self.measures, measures
        sums = [count + rest_count for count, rest_count in zip(counts, rest_counts, strict=True)]
        return [min(first, rest_first), max(last, rest_last), *sums]


def part_of(
    connection: duckdb.DuckDBPyConnection,
    text: Path,
    seen: Survey,
    report: ReportFormat,
    declaration: Declaration,
    folder: Path,
) -> Part | None:
    """The part of a report that the largest of the earlier reports of its site is; None if none is known to be one.

    Args:
        connection: the warehouse.
        text: the report.
        seen: what a pass over its bytes found.
        report: how it is written.
        declaration: what was declared of it.
        folder: where the rest of it may be put.
    """
    is_usual = seen.is_utf8 and report.is_usual and declaration.date_format in (None, DEFAULT_DATE_FORMAT)
    if seen.byte_count < SMALLEST or not is_usual:
        return None
    with text.open("rb") as file:
        header = file.readline(_CHUNK_BYTES)
        if not header.endswith(b"\n"):
            return None
        head, compared = len(header), 0
        for number, sha256, size, count, *measures in _earlier(connection, seen, declaration):
            for is_first, begin, end in ((True, head, size), (False, seen.byte_count - size + head, seen.byte_count)):
                if compared == MOST_COMPARED or not _ends_line(file, end if is_first else begin):
                    continue
                compared += 1
                if _digest(file, (0, head), (begin, end)) == sha256:
                    rest = folder / "rest.csv"
                    with rest.open("wb") as copy:
                        for chunk in _chunks(file, (0, begin), (end, seen.byte_count)):
                            copy.write(chunk)
                    return Part(Held(number, count, is_first), rest, tuple(measures))
    return None


def seems_to_hold(path: Path, earlier: Path) -> bool:
    """Whether a report may hold another, by the last bytes of that. It only decides what is read ahead."""
    with path.open("rb") as file, earlier.open("rb") as other:
        size, earlier_size = (one.seek(0, os.SEEK_END) for one in (file, other))
        length = min(_TAIL_BYTES, earlier_size)
        tail = b"".join(_chunks(other, (earlier_size - length, earlier_size)))
        return earlier_size < size and any(
            b"".join(_chunks(file, (end - length, end))) == tail for end in (earlier_size, size)
        )


def _earlier(connection: duckdb.DuckDBPyConnection, seen: Survey, declaration: Declaration) -> list[tuple[Any, ...]]:
    """The plain reports of the site that a report can hold, the largest first."""
    return connection.execute(
        """
        select
            report_number, file_sha256, file_bytes, record_count,
            first_occurred_at, last_occurred_at, nonexistent_hour_count, doubled_hour_count
        from raw.reports
        inner join raw.report_numbers using (report_id)
        where
            is_plain
            and rejected_count = 0
            and site_id = $site
            and time_zone = $zone
            and file_bytes between $least and $most
            -- By the clock of their zone they may be of the day before or after.
            and first_occurred_at - interval 1 day >= $first
            and last_occurred_at < $last
            -- Who was forgotten since may be in its file.
            and not exists (
                select 1 from raw.forgotten_users
                where forgotten_users.site_id = $site and forgotten_at >= loaded_at
            )
        order by file_bytes desc, report_number
        """,
        {
            "site": declaration.site_id,
            "zone": declaration.time_zone,
            "least": seen.byte_count // MOST_TIMES,
            "most": seen.byte_count - 1,
            "first": declaration.possible.first,
            "last": declaration.possible.last,
        },
    ).fetchall()


def _ends_line(file: BinaryIO, end: int) -> bool:
    file.seek(end - 1)
    return file.read(1) == b"\n"


def _digest(file: BinaryIO, *ranges: tuple[int, int]) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(file, *ranges):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(file: BinaryIO, *ranges: tuple[int, int]) -> Iterator[bytes]:
    """The bytes of a file from some places up to others."""
    for begin, end in ranges:
        file.seek(begin)
        left = end - begin
        while chunk := file.read(min(_CHUNK_BYTES, left)):
            left -= len(chunk)
            yield chunk
