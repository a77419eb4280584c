"""Read and extend a CSV that the user edits, in any form that a spreadsheet may have saved.

The file keeps its form: its byte order mark, its separator (comma, semicolon, tab or |) and the ends of its lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import WarehouseError

BOM = "\ufeff"
DELIMITERS = (",", ";", "\t", "|")
_LINE_END = re.compile("\r\n|\r|\n")
_SEP = re.compile("sep=[,;|\t]", re.IGNORECASE)
# Blank rows and the delimiter in words, as programs write them for a spreadsheet.
_ABOVE = re.compile(rf'(?:(?:"?{_SEP.pattern}"?)?[ ,;|\t]*[\r\n]+)+', re.IGNORECASE)


class SeedError(WarehouseError):
    """Something in a file of the user that the user can correct; the message says where and how."""


@dataclass(frozen=True)
class Line:
    """A row of the file: the number of its first line, and its fields as they are written."""

    number: int
    fields: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        """Whether nothing is in the row, as below the last one of a spreadsheet."""
        return not any(field.strip() for field in self.fields)


@dataclass(frozen=True)
class SeedCsv:
    """A file as it is written.

    Attributes:
        header: the names of its columns, without blanks around them.
        lines: its rows; those without any text are left out.
        delimiter: what separates the fields.
        newline: how its lines end.
        has_bom: whether it begins with a byte order mark.
        is_plain: whether its lines end alike, with LF or CR LF, and none of them is blank or says the delimiter.
        ends_with_newline: whether a row can be added without a line end before it.
    """

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    delimiter: str = ","
    newline: str = "\n"
    has_bom: bool = False
    is_plain: bool = True
    ends_with_newline: bool = True

    def values(self, line: Line) -> dict[str, str]:
        """The fields of a row by column; fields that are missing at its end are blank."""
        fields = [field.strip() for field in line.fields]
        return dict(zip(self.header, fields + [""] * (len(self.header) - len(fields)), strict=False))

    def text_of(self, rows: Sequence[Mapping[str, str]]) -> str:
        """Rows as lines of this file; a column that the file lacks must be blank in all of them."""
        output = io.StringIO()
        writer = csv.writer(output, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writerows([row.get(column, "") for column in self.header] for row in rows)
        return output.getvalue()


def read_seed_csv(path: Path) -> SeedCsv:
    """Read a file of the user.

    Raises:
        SeedError: it cannot be read as a CSV in UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror}.") from error
    return parse_seed_csv(content, path.name)


def parse_seed_csv(content: bytes, name: str) -> SeedCsv:
    """Read the content of a file of the user.

    Raises:
        SeedError: it cannot be read as a CSV in UTF-8.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise SeedError(
            f'{name}, line {number}: these letters are not UTF-8. Fix: save the file as "CSV UTF-8".'
        ) from error
    if "\0" in text:
        raise SeedError(f'{name} holds NUL bytes: it is in UTF-16, or damaged. Fix: save the file as "CSV UTF-8".')
    has_bom = text.startswith(BOM)
    text = text.removeprefix(BOM)
    above = _ABOVE.match(text)
    first = _LINE_END.split(text[above.end() if above else 0 :], maxsplit=1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[Line] = []
    begins = 1
    try:
        for fields in reader:
            lines.append(Line(begins, tuple(fields)))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SeedError(
            f"{name}, line {begins}: a quotation mark is opened and not closed, or stands inside a field ({error})."
            ' Fix: put the field into quotation marks, and write each one inside it twice ("").'
        ) from error
    told = [line for line in lines if not (line.is_blank or _SEP.fullmatch(delimiter.join(line.fields)))]
    if not told:
        raise SeedError(f"{name} is empty. Fix: give it its header line again.")
    header, *rows = told
    line_ends = _LINE_END.findall(text)
    names = [field.strip() for field in header.fields]
    while names and not names[-1]:
        names.pop()
    return SeedCsv(
        header=tuple(names),
        lines=tuple(rows),
        delimiter=delimiter,
        newline=line_ends[0] if line_ends else "\n",
        has_bom=has_bom,
        is_plain=len(told) == len(lines) and set(line_ends) in ({"\n"}, {"\r\n"}, set()),
        ends_with_newline=text.endswith(("\n", "\r")),
    )
