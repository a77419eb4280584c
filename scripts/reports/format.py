"""How a report is written: its kind, columns, delimiter, encoding and dates.

Column names are matched by a list of aliases and never by position, because the order of the columns is not documented
and the User Activity Exporter names one of them otherwise. The meaning of every name of an activity report is in the
guide; the spellings that occur are partly inferred, so case, blanks and underscores are ignored. Of the unique users
report nothing is documented but that there is one.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from reports.invisible import without_invisible
from reports.resembling import resembling
from reports.text import (
    BROKEN_BYTE,
    ReportRefused,
    has_blanks_beside_quotes,
    open_text,
    without_blanks_beside_quotes,
)


@dataclass(frozen=True)
class ReportKind:
    """A kind of report, as its header shows it.

    Attributes:
        unit: what one record of it is called.
        aliases: the columns of its raw table, and the headers that mean each (compared by `key_of`).
        first_alias_wins: whether a column may stand under several of its names: the one that comes first among the
            aliases is taken, the others are extra columns. Else the report is refused.
        stand_ins: headers that mean a column where none of its aliases is there, the first of them.
    """

    unit: str
    aliases: dict[str, tuple[str, ...]]
    first_alias_wins: bool = False
    stand_ins: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def columns_of(self, header: list[str]) -> dict[str, int]:
        """Position in the header of each column that an alias knows."""
        keys = [key_of(title) for title in header]
        found = {column: self._names_in(column, keys) for column in self.aliases}
        return {column: keys.index(names[0]) for column, names in found.items() if names}

    def titles_of(self, column: str, header: list[str]) -> list[str]:
        """The headers that claim to be a column."""
        keys = [key_of(title) for title in header]
        names = self._names_in(column, keys)
        return [title for title, key in zip(header, keys, strict=True) if key in names]

    def _names_in(self, column: str, keys: list[str]) -> list[str]:
        """The names of a column that count in a header of these keys."""
        found = [name for name in _keys_of(self.aliases[column]) if name in keys]
        others = [name for name in _keys_of(self.stand_ins.get(column, ())) if name in keys]
        return (found[:1] if self.first_alias_wins else found) or others[:1]

    def headline(self, column: str) -> str:
        """A column's usual header."""
        return self.aliases[column][0].title().replace("Id", "ID")


ACTIVITY_REPORT = ReportKind(
    "record",
    {
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
    },
    # No report is known to have them: people who put a report together head their column so.
    stand_ins={
        "first_name": ("given name",),
        "last_name": ("surname", "family name"),
        "company": ("organization", "organisation", "company name", "organization name"),
        "email": ("email address", "e-mail address"),
        "date": (
            *("activity date", "event date", "activity date time", "event date time", "date and time", "timestamp"),
            *("time stamp", "occurred at", "created at", "created", "day", "datum", "fecha", "data"),
        ),
    },
)
REQUIRED_COLUMNS = ("user_id", "category", "action", "date")

# The header of the unique users report is not known, so every alias is inferred: from the two other places where the
# platform names the same things, which are documented for those places, or from how such columns are usually headed.
USERS_REPORT = ReportKind(
    "user",
    {
        "user_id": ("user id", "userid", "id"),
        "first_name": ("first name", "first", "firstname", "given name"),
        "last_name": ("last name", "last", "lastname", "surname", "family name"),
        "company": ("company", "company name", "organization", "organisation", "organization name"),
        "email": ("email", "e-mail", "email address", "e-mail address"),
        # A Title beside a Job Title is a form of address.
        "title": ("job title", "title", "position"),
        "job_type": ("job type",),
        "phone": ("phone", "phone number", "telephone", "mobile"),
        "city": ("city",),
        "state_province": ("state province", "state/province", "state", "province"),
        "country": ("country",),
        "time_zone_offset_seconds": ("timezone", "time zone", "timezone offset", "time zone offset"),
        "account_level": ("account level", "access level"),
        "date_created": (
            *("date created", "created", "created at", "created on", "created date", "registered", "registered at"),
            *("date registered", "registration date"),
        ),
        "date_last_login": ("date last login", "last login", "last login at", "last login date", "last logged in"),
        "tags": ("tags", "tag", "user tags", "tag groups", "tag group", "groups", "group"),
    },
    first_alias_wins=True,
)
REPORT_KINDS = (ACTIVITY_REPORT, USERS_REPORT)
# A report with one of these is an activity report, whatever it lacks. (A Date alone may be that of anything.)
ONLY_OF_ACTIVITIES = ("category", "action", "label", "content_id", "content_name", "content_slug")
IDENTIFYING_COLUMNS = ("user_id", "email")

DELIMITERS = (",", ";", "\t", "|")

# The order of day, month and year in a date, and the strptime formats that it stands for.
DATE_FORMATS: dict[str, tuple[str, ...]] = {
    "yyyy-MM-dd": (
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
    ),
    "yyyy/MM/dd": ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"),
    "dd/MM/yyyy": (
        "%d/%m/%y %H:%M:%S",
        "%d/%m/%y %H:%M",
        "%d/%m/%y %I:%M:%S %p",
        "%d/%m/%y %I:%M %p",
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %I:%M:%S %p",
        "%d/%m/%Y %I:%M %p",
    ),
    "MM/dd/yyyy": (
        "%m/%d/%y %H:%M:%S",
        "%m/%d/%y %H:%M",
        "%m/%d/%y %I:%M:%S %p",
        "%m/%d/%y %I:%M %p",
        "%m/%d/%Y %H:%M:%S",
        "%m/%d/%Y %H:%M",
        "%m/%d/%Y %I:%M:%S %p",
        "%m/%d/%Y %I:%M %p",
    ),
    "dd.MM.yyyy": ("%d.%m.%y %H:%M:%S", "%d.%m.%y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
    "dd-MM-yyyy": (
        "%d-%m-%y %H:%M:%S",
        "%d-%m-%y %H:%M",
        "%d-%m-%y %I:%M:%S %p",
        "%d-%m-%y %I:%M %p",
        "%d-%m-%Y %H:%M:%S",
        "%d-%m-%Y %H:%M",
        "%d-%m-%Y %I:%M:%S %p",
        "%d-%m-%Y %I:%M %p",
    ),
    "MM-dd-yyyy": (
        "%m-%d-%y %H:%M:%S",
        "%m-%d-%y %H:%M",
        "%m-%d-%y %I:%M:%S %p",
        "%m-%d-%y %I:%M %p",
        "%m-%d-%Y %H:%M:%S",
        "%m-%d-%Y %H:%M",
        "%m-%d-%Y %I:%M:%S %p",
        "%m-%d-%Y %I:%M %p",
    ),
    "yy-MM-dd": ("%y-%m-%d %H:%M:%S", "%y-%m-%d %H:%M", "%y-%m-%d %I:%M:%S %p", "%y-%m-%d %I:%M %p"),
    "yy/MM/dd": ("%y/%m/%d %H:%M:%S", "%y/%m/%d %H:%M", "%y/%m/%d %I:%M:%S %p", "%y/%m/%d %I:%M %p"),
    "yy.MM.dd": ("%y.%m.%d %H:%M:%S", "%y.%m.%d %H:%M"),
    "MM.dd.yyyy": ("%m.%d.%y %H:%M:%S", "%m.%d.%y %H:%M", "%m.%d.%Y %H:%M:%S", "%m.%d.%Y %H:%M"),
    "yyyy-dd-MM": (
        "%Y-%d-%m %H:%M:%S",
        "%Y-%d-%m %H:%M",
        "%Y-%d-%mT%H:%M:%S",
        "%Y-%d-%m %H:%M:%S.%f",
    ),
    "yyyy/dd/MM": ("%Y/%d/%m %H:%M:%S", "%Y/%d/%m %H:%M"),
    # Numbers of seconds since 1970, once they are brought into the usual form.
    "epoch": ("%Y-%m-%d %H:%M:%S",),
    # Read by DuckDB's own cast: strptime knows no Z.
    "ISO 8601 with offset": (),
}
DEFAULT_DATE_FORMAT = "yyyy-MM-dd"
WITH_OFFSET = "ISO 8601 with offset"
EPOCH = "epoch"
# Hardly anybody writes these: without a declaration they are taken only where they read more dates than any other.
SELDOM = ("MM.dd.yyyy", "yyyy-dd-MM", "yyyy/dd/MM")
# Years of two digits that come first look like days.
YEAR_FIRST = ("yy-MM-dd", "yy/MM/dd", "yy.MM.dd")
# How numbers of so many digits may be meant. The first is how they are read if no other fits.
NUMBER_READINGS = {
    10: (EPOCH, "%y%m%d%H%M", "%d%m%y%H%M", "%m%d%y%H%M"),
    12: ("%Y%m%d%H%M", "%y%m%d%H%M%S", "%d%m%y%H%M%S", "%m%d%y%H%M%S", "%d%m%Y%H%M", "%m%d%Y%H%M"),
}


def day_is_first(date_format: str) -> bool | None:
    """Whether a format has the day before the month, so that dates can be read in the other order; None if neither."""
    first = DATE_FORMATS.get(date_format, (date_format,))[:1]
    places = [("".join(first).find(sign)) for sign in ("%d", "%m")]
    year = min((place for sign in "Yy" if (place := "".join(first).find(f"%{sign}")) >= 0), default=-1)
    if min(places) < 0 or 0 <= year < min(places):
        return None
    return places[0] < places[1]


_HEADER_CHARACTERS = 1 << 20
# DuckDB takes minutes over a statement of many thousand columns.
MAX_COLUMNS = 1000
_LINE_END = "(?:\\r\\n|\\r|\\n)"
# Programs put these above a header: byte order marks (one was read, one was read as cp1252), how the fields
# are separated, rows without a value.
_PREAMBLE = re.compile(rf'(?:\ufeff|ï»¿|(?:[ \t,;|]|"")*+{_LINE_END}|"?sep=."?[;,\t]*{_LINE_END})*', re.IGNORECASE)
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
# The text in brackets behind a name, such as the zone in `Date (UTC)`.
_IN_BRACKETS = re.compile(r"\s*(?:\(([^()]*)\)|\[([^\[\]]*)\])\Z")


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


def may_be_called(columns: list[str], titles: dict[str, str]) -> dict[str, str]:
    """The title that each of these columns of an activity report may have; none of the others.

    Args:
        columns: those that it lacks.
        titles: what it has and no alias knows, by the keys.
    """
    left, found = dict(titles), {}
    for column in columns:
        title = resembling(column, _keys_of(ACTIVITY_REPORT.aliases[column]), left)
        if title is not None:
            found[column] = title
            del left[key_of(title)]
    return found


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


def normalised(title: str) -> str:
    """A title as the aliases have it."""
    return " ".join(without_invisible(title).replace("_", " ").split()).casefold()


@lru_cache(4 * MAX_COLUMNS)
def key_of(title: str) -> str:
    """What two titles of one meaning have in common: no blanks and signs, and nothing in brackets behind."""
    return re.sub(r"[\s_/.*#:&-]+", "", _IN_BRACKETS.sub("", normalised(title)))


@cache
def _keys_of(aliases: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a column's names, which are the same for every report."""
    return tuple(map(key_of, aliases))


def in_brackets(title: str) -> str:
    """The text in brackets behind a title; '' for nothing."""
    found = _IN_BRACKETS.search(without_invisible(title))
    return (found[1] or found[2] or "").strip() if found else ""
