"""A second count of a report's rows, independent of the parser that lands them.

DuckDB reads a report in parallel pieces and passes over more than it says: blank lines, empty fields beyond the header,
and behind a double quote that is not closed whole pieces of the file. So what it read is checked against another count.
`count_rows` searches bytes, at a gigabyte in about two seconds, and is exact for a report that is written as it should
be. Where the two differ, `examine_rows` takes the time to read every row with Python's own CSV reader.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from report_format import ReportFormat, open_report

_CHUNK_BYTES = 1 << 22


@dataclass(frozen=True)
class RowCount:
    """Rows and delimiters outside double quotes, the header's and blank lines included."""

    rows: int
    delimiters: int


@dataclass(frozen=True)
class Rows:
    """What the rows of a report are like; rows are numbered from 1 with the header and the blank lines.

    Attributes:
        record_count: rows that are neither the header nor blank.
        blank: numbers of the blank rows.
        wide: numbers of the rows with more fields than the header.
        lines: lines of the file that each row of interest takes.
        longest: number of the row that takes the most lines.
    """

    record_count: int
    blank: list[int] = field(default_factory=list)
    wide: list[int] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)
    longest: int = 0


def count_rows(path: Path, report: ReportFormat) -> RowCount:
    """Count rows and delimiters by searching bytes: every second piece between double quotes is outside of them."""
    delimiter = report.delimiter.encode()
    rows = delimiters = 0
    is_quoted = False
    last = b""
    with open_report(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            if chunk.endswith(b"\r"):
                chunk += file.read(1)
            pieces = chunk.split(b'"')
            outside = b'"'.join(pieces[is_quoted::2])
            is_quoted ^= (len(pieces) - 1) % 2 == 1
            rows += outside.count(b"\n") + outside.count(b"\r") - outside.count(b"\r\n")
            delimiters += outside.count(delimiter)
            last = chunk[-1:]
    return RowCount(rows + (last not in b"\r\n"), delimiters)


def examine_rows(path: Path, report: ReportFormat, of_interest: Collection[int]) -> Rows:
    """Read every row with Python's CSV reader and tell which are unlike the others."""
    csv.field_size_limit(2**31 - 1)
    width = len(report.header)
    blank, wide = [], []
    lines: dict[int, int] = {}
    number = longest = most_lines = lines_before = 0
    with open_report(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        reader = csv.reader(text, delimiter=report.delimiter)
        for number, row in enumerate(reader, start=1):
            if not row:
                blank.append(number)
            elif len(row) > width:
                wide.append(number)
            lines_here, lines_before = reader.line_num - lines_before, reader.line_num
            if lines_here > most_lines:
                longest, most_lines = number, lines_here
            if number in of_interest:
                lines[number] = lines_here
    return Rows(number - len(blank) - 1, blank, wide, lines, longest)
