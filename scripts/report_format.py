"""How an activity report is written: its columns, delimiter, encoding and dates.

Column names are matched by a list of aliases and never by position, for the order of the columns is not documented
and the User Activity Exporter names one of them otherwise. What every name means stands in the guide; which of its
spellings occur is partly inferred, so case, blanks and underscores are ignored.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

# The column of raw.activities, and the headers that mean it (in the form of `normalised`).
COLUMN_ALIASES: dict[str, tuple[str, ...]] = {
    "user_id": ("user id", "userid"),
    "first_name": ("first", "first name"),
    "last_name": ("last", "last name"),
    "company": ("company",),
    "email": ("email", "e-mail"),
    "category": ("category",),
    "action": ("action",),
    "label": ("label",),
    "date": ("date", "date/time", "datetime", "date time"),
    "content_id": ("content id", "contentid"),
    "content_name": ("content name",),
    "content_slug": ("content slug",),
}
REQUIRED_COLUMNS = ("user_id", "category", "action", "date")
DELIMITERS = (",", ";", "\t")

# The order of day, month and year in a date, and the strptime formats that it stands for.
DATE_FORMATS: dict[str, tuple[str, ...]] = {
    "yyyy-MM-dd": (
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
    ),
    "dd/MM/yyyy": (
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %I:%M:%S %p",
        "%d/%m/%Y %I:%M %p",
    ),
    "MM/dd/yyyy": (
        "%m/%d/%Y %H:%M:%S",
        "%m/%d/%Y %H:%M",
        "%m/%d/%Y %I:%M:%S %p",
        "%m/%d/%Y %I:%M %p",
    ),
    "dd.MM.yyyy": ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
}
DEFAULT_DATE_FORMAT = "yyyy-MM-dd"

_HEADER_BYTES = 1 << 20


class ReportRefused(Exception):
    """A file cannot be landed as a whole. The message names what is wrong and the cure."""


@dataclass(frozen=True)
class ReportFormat:
    """What the head of a report tells about it.

    Attributes:
        delimiter: the character between two fields.
        encoding: ``utf-8``, or ``utf-16`` by its byte order mark.
        header: the column names as written, in their order.
        columns: position in the header of each known column that the report has.
        extra: position in the header of each column that no alias knows.
    """

    delimiter: str
    encoding: str
    header: tuple[str, ...]
    columns: dict[str, int]
    extra: tuple[int, ...]

    def header_of(self, column: str) -> str:
        """The name that the report itself gives to a known column."""
        return self.header[self.columns[column]]


def open_report(path: Path) -> BinaryIO:
    """The bytes of a report, unpacked if it is a ``.gz``."""
    if path.name.lower().endswith(".gz"):
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def read_format(path: Path) -> ReportFormat:
    """Read the head of a report and tell how it is written.

    Raises:
        ReportRefused: the file is empty or unreadable, has no header that is known, or lacks a column.
    """
    try:
        with open_report(path) as file:
            head = file.read(_HEADER_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise ReportRefused(f"it cannot be read: {error}. Cure: download it again.") from error
    if not head:
        raise ReportRefused("it is empty. Cure: download it again.")

    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    text = head.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    headers = {delimiter: _first_record(text, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda candidate: len(_known(headers[candidate])))
    header = headers[delimiter]
    columns = _known(header)

    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    if missing:
        wanted = ", ".join(_headline(column) for column in missing)
        found = ", ".join(header[:20])[:300]
        raise ReportRefused(
            f"its header has no column {wanted}; it reads: {found}. Cure: download the activity report again and"
            " leave its first line as it is."
        )
    twice = [name for name in columns if sum(_meaning(title) == name for title in header) > 1]
    if twice:
        raise ReportRefused(
            f"its header has the column {_headline(twice[0])} twice. Cure: delete one of the two columns."
        )
    extra = tuple(index for index, title in enumerate(header) if _meaning(title) is None)
    return ReportFormat(delimiter, encoding, tuple(header), columns, extra)


def transcode(path: Path, report: ReportFormat, target: Path) -> None:
    """Write a report anew in UTF-8, which is the one encoding that DuckDB reads in full.

    Raises:
        ReportRefused: the bytes are not what the byte order mark says.
    """
    try:
        with open_report(path) as file, target.open("w", encoding="utf-8", newline="") as copy:
            shutil.copyfileobj(io.TextIOWrapper(file, encoding=report.encoding, newline=""), copy)
    except UnicodeError as error:
        raise ReportRefused(
            f"it is not in {report.encoding}, as it says it is: {error}. Cure: save it as 'CSV UTF-8'."
        ) from error


def _first_record(text: str, delimiter: str) -> list[str]:
    record = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return [title.strip() for title in record]


def _normalised(title: str) -> str:
    return " ".join(title.replace("_", " ").split()).casefold()


def _meaning(title: str) -> str | None:
    name = _normalised(title)
    return next((column for column, names in COLUMN_ALIASES.items() if name in names), None)


def _known(header: list[str]) -> dict[str, int]:
    meanings = [_meaning(title) for title in header]
    return {column: meanings.index(column) for column in COLUMN_ALIASES if column in meanings}


def _headline(column: str) -> str:
    return COLUMN_ALIASES[column][0].title().replace("Id", "ID")
