"""The head of a report, and what it shows: the kind of the report, its columns, delimiter and encoding."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from reports.columns import (
    ACTIVITY_REPORT,
    IDENTIFYING_COLUMNS,
    MAX_COLUMNS,
    ONLY_OF_ACTIVITIES,
    REPORT_KINDS,
    REQUIRED_COLUMNS,
    USERS_REPORT,
    ReportKind,
    key_of,
    may_be_called,
    normalised,
)
from reports.invisible import without_invisible
from reports.text import BROKEN_BYTE, ReportRefused, has_blanks_beside_quotes, open_text, without_blanks_beside_quotes

DELIMITERS = (",", ";", "\t", "|")

_HEADER_CHARACTERS = 1 << 20
_LINE_END = "(?:\\r\\n|\\r|\\n)"
# Programs put these above a header: byte order marks (one was read, one was read as cp1252), how the fields
# are separated, rows without a value.
_PREAMBLE = re.compile(rf'(?:\ufeff|ï»¿|(?:[ \t,;|]|"")*+{_LINE_END}|"?sep=."?[;,\t]*{_LINE_END})*', re.IGNORECASE)
# The first line of a header goes on behind it.
_QUOTED_PRINTABLE = re.compile(r"[^\r\n]{20,75}[,;|\w ]=\r?\n")
_DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}")
_ROWS_SEARCHED = 20
_TAKE_OUT = "delete the sheet, or take the file out of the folder"
_TRAIL = re.compile(r"(?<=\w)([,;|])\1*\Z")
# Titles of a pivot table, in the languages of its users: one of these, or these alone beside the first.
_PIVOT = re.compile(
    "(?:row|column) labels|zeilenbeschriftungen|[ée]tiquettes de lignes|etiquetas de fila|etichette di riga",
    re.IGNORECASE,
)
_AGGREGATE = re.compile(
    r"(?:count|counta|countunique|sum|average|anzahl|summe|nombre|cuenta|suma|conteggio|somm[ae])"
    r" (?:of|von|de|di) .*|grand total",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ReportFormat:
    """The properties of a report that its head shows.

    Attributes:
        kind: what its records are.
        delimiter: the character between two fields.
        encoding: the codec of its bytes.
        start: characters before the header, its byte order mark not counted.
        header: the column names as written, in their order.
        header_lines: lines of the file that the header takes.
        columns: position in the header of each known column that the report has.
        extra: position in the header of each column that no alias knows.
        nameless: position of each last column without a name, which is nothing as long as nothing is in it.
        wrapped_by: the delimiter of the table whose first field is every line; None for most reports.
        trailed_by: the text behind the last column, because the report was saved as a table of another delimiter.
        is_spaced: whether blanks are between the delimiters and the double quotes of its header.
    """

    kind: ReportKind
    delimiter: str
    encoding: str
    start: int
    header: tuple[str, ...]
    header_lines: int
    columns: dict[str, int]
    extra: tuple[int, ...]
    nameless: tuple[int, ...] = ()
    wrapped_by: str | None = None
    trailed_by: str = ""
    is_spaced: bool = False

    @property
    def is_of_activities(self) -> bool:
        """Whether its records are activities."""
        return self.kind is ACTIVITY_REPORT

    @property
    def is_usual(self) -> bool:
        """Whether it is of activities, and its text can be read as it stands: a line of known titles, and records."""
        return (
            self.is_of_activities
            and self.encoding == "utf-8"
            and (self.start, self.header_lines) == (0, 1)
            and not (self.extra or self.nameless or self.wrapped_by or self.trailed_by or self.is_spaced)
        )

    @property
    def missing(self) -> list[str]:
        """The columns of its kind that it lacks."""
        return [column for column in self.kind.aliases if column not in self.columns]

    @property
    def unknown(self) -> dict[str, str]:
        """The titles that no alias knows, by their keys."""
        return {key_of(self.header[index]): self.header[index] for index in self.extra if self.header[index]}

    @property
    def renamed(self) -> list[str]:
        """The names of known columns that are not the usual ones."""
        return [
            self.header[index]
            for column, index in self.columns.items()
            if normalised(self.header[index]) != self.kind.aliases[column][0]
        ]

    def header_of(self, column: str) -> str:
        """The name that the report itself gives to a known column."""
        return self.header[self.columns[column]]


def read_format(path: Path, encoding: str = "utf-8") -> ReportFormat:
    """Read the head of a report, and find out how it is written.

    Args:
        path: the report as plain text.
        encoding: its codec (``reports.encoding``).

    Raises:
        ReportRefused: the file is empty, has no header that is known, or lacks a column.
    """
    above, text = _head(path, encoding)
    if _QUOTED_PRINTABLE.match(text):
        raise ReportRefused(
            "its lines are cut with =, as a mail carries them (quoted-printable). Fix: save the attachment with your"
            " mail program, or download the report again."
        )
    is_spaced, text = _tight(text)
    delimiter, header = _header(text)
    wrapped_by = None
    if not any(kind.columns_of(header) for kind in REPORT_KINDS):
        wrapped_by, text = _unwrapped(text)
        delimiter, header = _header(text)
    trailed_by = _trail_of(header, delimiter)
    if trailed_by:
        header[-1] = header[-1].removesuffix(trailed_by)
    _refuse_broken_header(header, encoding)
    kind = _kind_of(header, above + text, delimiter)
    _refuse_row_names(header, text, delimiter)
    header_lines = _count_header_lines(text, delimiter)
    columns = kind.columns_of(header)
    twice = [column for column in columns if len(kind.titles_of(column, header)) > 1]
    if twice:
        raise ReportRefused(
            f"its header has the column {header[columns[twice[0]]]} twice. Fix: delete one of the two columns."
        )
    last = next((index for index in reversed(range(len(header))) if header[index]), -1)
    nameless = tuple(range(last + 1, len(header)))
    extra = tuple(index for index in range(last + 1) if index not in columns.values())
    return ReportFormat(
        *(kind, delimiter, encoding, len(above), tuple(header), header_lines, columns, extra, nameless),
        wrapped_by=wrapped_by,
        trailed_by=trailed_by,
        is_spaced=is_spaced,
    )


def _trail_of(header: list[str], delimiter: str) -> str:
    """The delimiters of another table behind the name of the last column, as in `Content Slug;;;`."""
    found = _TRAIL.search(header[-1]) if len(header) > 1 else None
    return found[0] if found and delimiter not in found[0] else ""


def may_hold_report(text: str) -> bool:
    """Whether a text that begins so has the header of a report in one of its first rows."""
    _, begins = _tight(_parted(text)[1])
    return _is_header(_header(_unwrapped(begins)[1])[1]) or _row_of_header(text) is not None


def _is_header(titles: list[str]) -> bool:
    known = ACTIVITY_REPORT.columns_of(titles)
    return set(REQUIRED_COLUMNS) <= known.keys() or (
        _identifies_users(titles) and not any(column in known for column in ONLY_OF_ACTIVITIES)
    )


def _row_of_header(text: str) -> int | None:
    """In which of the first rows the header of a report of activities stands; None if it is in none."""
    for delimiter in DELIMITERS:
        rows = itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _ROWS_SEARCHED)
        for number, row in enumerate(rows, start=1):
            if set(REQUIRED_COLUMNS) <= ACTIVITY_REPORT.columns_of(row).keys():
                return number
    return None


def _parted(text: str) -> tuple[str, str]:
    """What stands above the header and says nothing, and the text from there on."""
    above = _PREAMBLE.match(text)
    end = above.end() if above else 0
    return text[:end], text[end:]


def _tight(text: str) -> tuple[bool, str]:
    """Whether blanks are between the delimiters and the double quotes of a header, and the text without them."""
    is_spaced = has_blanks_beside_quotes(text)
    return is_spaced, "".join(without_blanks_beside_quotes(io.StringIO(text, newline=""))) if is_spaced else text


def _head(path: Path, encoding: str) -> tuple[str, str]:
    """What stands above the header, and the text from there on.

    Raises:
        ReportRefused: there is none.
    """
    try:
        with open_text(path, encoding) as file:
            text = file.read(_HEADER_CHARACTERS)
    except UnicodeError as error:
        # Some of Python's codecs cannot go on after a broken byte.
        raise ReportRefused(f"it is not in {encoding}: {error}. Fix: save it as 'CSV UTF-8'.") from error
    if not text:
        raise ReportRefused("it is empty. Fix: download it again.")
    above, text = _parted(text)
    if not text.strip(" \r\n\t\0"):
        raise ReportRefused("it holds nothing but blank lines. Fix: download it again.")
    return above, text


def _unwrapped(text: str) -> tuple[str | None, str]:
    """The text whose lines are in another table, and the delimiter of that; else the text as it is."""
    known = {}
    for outer in DELIMITERS:
        first, *others = next(csv.reader(io.StringIO(text, newline=""), delimiter=outer), [""])
        columns = ACTIVITY_REPORT.columns_of(_header(first)[1])
        if not any(others) and set(REQUIRED_COLUMNS) <= columns.keys():
            known[outer] = len(columns)
    if not known:
        return None, text
    outer = max(known, key=lambda delimiter: known[delimiter])
    rows = itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=outer), _ROWS_SEARCHED)
    return outer, "\n".join(outer.join(row).rstrip(outer) for row in rows)


def _header(text: str) -> tuple[str, list[str]]:
    """The delimiter that makes the most known columns of the first line, and these."""
    headers = {delimiter: _first_record(text, delimiter) for delimiter in DELIMITERS}

    def known(delimiter: str) -> tuple[int, int]:
        header = headers[delimiter]
        # Where no column is known, the one that makes the most columns helps to say what is wrong.
        return max(len(kind.columns_of(header)) for kind in REPORT_KINDS), len(header)

    delimiter = max(DELIMITERS, key=known)
    return delimiter, headers[delimiter]


def _refuse_broken_header(header: list[str], encoding: str) -> None:
    """Raise ReportRefused if the header holds a byte without meaning, or more than any report's."""
    broken = next((title for title in header if BROKEN_BYTE.search(title)), None)
    if broken is not None:
        shown = broken.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise ReportRefused(f"its header is not in {encoding}: {shown}. Fix: save it as 'CSV UTF-8'.")
    if sum(map(len, header)) > _HEADER_CHARACTERS // 2:
        raise ReportRefused("its header is longer than any. Fix: see whether a double quote is not closed.")
    if len(header) > MAX_COLUMNS:
        raise ReportRefused(
            f"its header has {len(header):,} columns: no report does. Fix: delete those that are not its own."
        )


def _kind_of(header: list[str], text: str, delimiter: str) -> ReportKind:
    """The kind of report that begins with such a header.

    Raises:
        ReportRefused: it has too few of the columns of either kind.
    """
    known = ACTIVITY_REPORT.columns_of(header)
    is_of_activities = any(column in known for column in ONLY_OF_ACTIVITIES)
    if any(map(_PIVOT.fullmatch, header)) or (len(header) > 1 and all(map(_AGGREGATE.fullmatch, header[1:]))):
        raise ReportRefused(_like("a pivot table", header))
    if not is_of_activities and _identifies_users(header):
        return USERS_REPORT
    missing = [column for column in REQUIRED_COLUMNS if column not in known]
    if missing and not known:
        _refuse_what_is_above(header, text, delimiter)
    if missing and len(header) == 1:
        _refuse_one_field(header)
    if missing:
        raise ReportRefused(_what_is_missing(missing, header, is_of_activities))
    return ACTIVITY_REPORT


def _refuse_row_names(header: list[str], text: str, delimiter: str) -> None:
    """Raise ReportRefused if a number that no column is named for stands before each record, as R writes it."""
    rows = itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1, _ROWS_SEARCHED)
    records = [row for row in rows if row]
    if (
        len(records) > 1
        and all(len(row) == len(header) + 1 and row[0] == str(number) for number, row in enumerate(records, start=1))
        and any(row[-1] for row in records)
    ):
        raise ReportRefused(
            "each of its rows has one field more than its header, and begins with its number, as R writes the names of"
            " rows. Fix: write it with row.names = FALSE, or put a name such as Row before its header."
        )


def _like(what: str, header: list[str]) -> str:
    """What is said of a text that is no report."""
    return (
        f"it looks like {what}, and no report begins so: {_shown(header)}. Fix: if it is none, {_TAKE_OUT}."
        " If it is one, download it again and leave its first line as it is."
    )


def _refuse_one_field(header: list[str]) -> None:
    """Raise ReportRefused if a first line that no delimiter parts has the names of columns in it, or none."""
    names = [ACTIVITY_REPORT.headline(column) for column in REQUIRED_COLUMNS]
    if all(name.casefold() in normalised(header[0]) for name in names):
        raise ReportRefused(
            f"its columns are separated by none of , ; tab and |: {_shown(header)}. Fix: save it with one of them."
        )
    if not any(kind.columns_of(header) for kind in REPORT_KINDS):
        raise ReportRefused(_like("notes", header))


def _shown(header: list[str]) -> str:
    return ", ".join(header[:20])[:300]


def _identifies_users(header: list[str]) -> bool:
    """Whether a header has a column that identifies users."""
    columns = USERS_REPORT.columns_of(header)
    identifying = [normalised(header[columns[column]]) for column in IDENTIFYING_COLUMNS if column in columns]
    # Anything may have an ID; a user has a name as well.
    return bool(identifying) and (identifying != ["id"] or "last_name" in columns)


def _what_is_missing(missing: list[str], header: list[str], is_of_activities: bool) -> str:
    """Which columns a report lacks, how they may be called, and what to do."""
    wanted = ", ".join(ACTIVITY_REPORT.headline(column) for column in missing)
    report = "activity report" if is_of_activities else "report"
    fixes = [f"download the {report} again and leave its first line as it is"]
    known = ACTIVITY_REPORT.columns_of(header).values()
    unknown = {key_of(title): title for index, title in enumerate(header) if title and index not in known}
    for column, title in may_be_called(missing, unknown).items():
        fixes.append(f"rename {title} to {ACTIVITY_REPORT.headline(column)}, if it is that column")
    for column in missing:
        others = ACTIVITY_REPORT.aliases[column][1:]
        if others:
            fixes.append(f"{ACTIVITY_REPORT.headline(column)} may also be called {' or '.join(others)}")
    if not is_of_activities:
        fixes.append("a unique users report needs a column User ID or Email")
    if not any(kind.columns_of(header) for kind in REPORT_KINDS):
        fixes.append(f"if it is no report, {_TAKE_OUT}")
    return f"its header has no column {wanted}; it reads: {_shown(header)}. Fix: {'; '.join(fixes)}."


def _refuse_what_is_above(first: list[str], text: str, delimiter: str) -> None:
    """Raise ReportRefused if the header stands further down, or the first row is a record."""
    number = _row_of_header(text)
    if number is not None:
        raise ReportRefused(
            f"its header is in row {number} only. Fix: delete the rows above it, or move it to the top"
            " if they are records."
        )
    if any(_DATE_LIKE.match(title) for title in first):
        names = delimiter.join(ACTIVITY_REPORT.headline(column) for column in ACTIVITY_REPORT.aliases)
        raise ReportRefused(
            "it has no header: its first row is a record. Fix: download it again with the header, or put the names"
            f" of its columns above it, in their order, such as {names}"
        )


def _count_header_lines(text: str, delimiter: str) -> int:
    """How many lines the header takes.

    Raises:
        ReportRefused: a double quote of it is not closed, and may swallow all records unseen.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader)
    except csv.Error as error:
        raise ReportRefused(
            "a double quote in its header is not closed, or stands alone inside a quoted name. Fix: close it, or write"
            " it twice."
        ) from error
    return reader.line_num


def _first_record(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(2**31 - 1)
    record = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return [without_invisible(title) for title in record]
