"""Rows that are not as wide as the header, and that can be read all the same.

Spreadsheets leave the blank last cells of a row away, or add some; other programs put every line into double quotes.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from reports.format import ReportFormat
from reports.invisible import without_invisible

# All three are blank off a content page, so that a row may end before them.
CONTENT_COLUMNS = ("content_id", "content_name", "content_slug")
# No comma parts a field of these in two.
WITHOUT_COMMAS = ("user_id", "email", "content_id", "content_slug")
TIME_SIGNS = set(":.")
SHORT, NAMELESS, SURPLUS, QUOTED, HOPELESS = "short", "nameless", "surplus", "quoted", "hopeless"
REPAIRABLE = (SHORT, NAMELESS, SURPLUS, QUOTED)
NOTES = {
    SHORT: "{count} of its records end before the columns of the content, as a spreadsheet saves them: these are blank",
    SURPLUS: "{count} of its records have blank fields beyond the last column, which are nothing",
    QUOTED: "{count} of its lines are in double quotes as a whole, and were read without them",
}


def misfit(row: list[str], lines: list[str], report: ReportFormat) -> str | None:
    """What is wrong with the width of a row; None if nothing is, or it has fields too many."""
    width = len(report.header)
    if len(row) == width or not row:
        return None
    if _is_wrapped(row, report):
        return QUOTED
    if len(row) > width:
        return None if any(map(without_invisible, row[width:])) or _may_be_shifted(row, report) else SURPLUS
    # A last row without an end may be cut off.
    is_whole = lines[-1].endswith(("\n", "\r"))
    missing = set(range(len(row), width))
    if missing <= set(report.nameless):
        return NAMELESS
    return SHORT if is_whole and missing <= _may_be_missing(report) else HOPELESS


def _may_be_shifted(row: list[str], report: ReportFormat) -> bool:
    """Whether a comma of a text may have parted a field in two: then the next one begins with the blank behind it."""
    known = {index: column for column, index in report.columns.items()}
    return any(
        field.startswith(" ") and field.strip() and not _is_whole_before(known.get(index), field)
        for index, field in enumerate(row[1:])
    )


def _is_whole_before(column: str | None, following: str) -> bool:
    """Whether a column cannot have been parted before this field. A date can: 2024-05-13, 10:00:01."""
    return column in WITHOUT_COMMAS or (column == "date" and not TIME_SIGNS & set(following))


def _may_be_missing(report: ReportFormat) -> set[int]:
    return {report.columns[column] for column in CONTENT_COLUMNS if column in report.columns} | set(report.nameless)


def _is_wrapped(row: list[str], report: ReportFormat) -> bool:
    if any(row[1:]) or report.delimiter not in row[0]:
        return False
    inner = next(csv.reader(io.StringIO(row[0], newline=""), delimiter=report.delimiter), [])
    return len(inner) == len(report.header) or (
        len(inner) < len(report.header) and set(range(len(inner), len(report.header))) <= _may_be_missing(report)
    )


def fitted(row: list[str], lines: list[str], report: ReportFormat, what: str) -> str:
    """The text of a row, as wide as the header."""
    text = "".join(lines)
    body = text.rstrip("\r\n")
    end = text[len(body) :]
    width = len(report.header)
    if what == QUOTED:
        inner = next(csv.reader(io.StringIO(row[0], newline=""), delimiter=report.delimiter), [])
        return row[0] + report.delimiter * (width - len(inner)) + end
    if what in (SHORT, NAMELESS):
        return body + report.delimiter * (width - len(row)) + end
    out = io.StringIO(newline="")
    # With \n alone Python 3.11 would not quote a \r in a field.
    csv.writer(out, delimiter=report.delimiter, lineterminator="\r\n").writerow(row[:width])
    return out.getvalue().removesuffix("\r\n") + end


def unwrap(path: Path, outer: str, target: Path) -> None:
    """Rewrite a report whose every line is one field of a table with another delimiter, or in double quotes."""
    with (
        path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
    ):
        for line in unwrapped(text, outer):
            copy.write(line + "\n")


def unwrapped(text: Iterable[str], outer: str) -> Iterator[str]:
    """The lines of such a report."""
    for row in csv.reader(text, delimiter=outer):
        while row and not row[-1]:
            row.pop()
        yield outer.join(row)


def notes_of(ill_fitting: dict[int, str], report: ReportFormat) -> list[str]:
    """What was done about the width of rows, in words."""
    counts = Counter(what for number, what in ill_fitting.items() if number > 1 and what in NOTES)
    notes = [NOTES[what].format(count=f"{count:,}") for what, count in counts.items()]
    if report.wrapped_by is not None:
        notes.append("its lines are in double quotes as a whole, and were read without them")
    if report.trailed_by:
        shown = report.trailed_by if len(report.trailed_by) < 20 else f"{report.trailed_by[:3]}…"
        notes.append(f"{shown!r} is behind its last column, as a spreadsheet saves it, and is nothing")
    return notes
