"""The rows of a report one by one, as Python's CSV reader takes them apart, in a memory that no row can exceed.

A double quote that is not closed makes the rest of a file one row. Of a row that is longer than any record only the
beginning is held: where it ends, a search for quotes and delimiters finds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TextIO

# DuckDB's default, in bytes: longer records it rejects or, from some megabytes on, passes over.
MAX_ROW_BYTES = 2_097_152


@dataclass(frozen=True)
class Row:
    """A row of a report.

    Attributes:
        number: its place, from 1 on, with the header and the blank rows.
        fields: what it holds.
        lines: its lines. They are only valid until the next row is read.
        line_count: how many they are in the file.
        size: its bytes; 0 where it is held as a whole.
    """

    number: int
    fields: list[str]
    lines: list[str]
    line_count: int
    size: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether only the beginning of it is held. That is longer than a record may be, too."""
        return self.size > 0

    @property
    def end(self) -> str:
        """How its last line ends; '' for the last of a file without an end."""
        return line_end(self.lines[-1])


def rows_within(path: Path, delimiter: str) -> Iterator[Row]:
    """Every row of a report. Bytes of no meaning are lone surrogates in it."""
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        lines = _Lines(text, delimiter)
        for number, fields in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
            yield Row(number, fields, lines.held, len(lines.held) + lines.more_lines, lines.size)
            lines.clear()


def line_end(line: str) -> str:
    """How a line ends."""
    return line[len(line.rstrip("\r\n")) :]


def size_of(text: str) -> int:
    """Bytes of a text that was read so."""
    return len(text.encode(errors="surrogateescape"))


# The text inside of quotes, with those that mean one: a file can be nothing but them.
_QUOTED = re.compile('(?:[^"]++|"")*+')


class _State(Enum):
    """Where in a row a reader is."""

    FIELD_BEGINS = auto()
    BARE = auto()
    QUOTED = auto()
    BEHIND_QUOTE = auto()


class _Lines:
    """The lines of a report for a CSV reader, which ask for no more memory than a few records."""

    def __init__(self, text: TextIO, delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self._ahead = ""
        self.clear()

    def clear(self) -> None:
        """Begin with the next row."""
        self.held: list[str] = []
        self._length = 0
        self.more_lines = self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._read()
        if not line:
            raise StopIteration
        if self._length + len(line) <= MAX_ROW_BYTES:
            self.held.append(line)
            self._length += len(line)
            return line
        return self._beginning_of(line)

    def _read(self) -> str:
        """A line, or as much of it as a record may have."""
        ahead, self._ahead = self._ahead, ""
        line = ahead if ahead == "\r" else ahead + self._text.readline(MAX_ROW_BYTES + 1 - len(ahead))
        if line.endswith("\r") and (len(line) > MAX_ROW_BYTES or ahead == "\r"):
            # A line break of two characters may have been cut in two.
            following = self._text.read(1)
            if following == "\n":
                return line + following
            self._ahead = following
        return line

    def _beginning_of(self, line: str) -> str:
        """The line, without the rest of its row, which is passed over."""
        # A reader asks for another line of a row only inside of quotes.
        state = self._after(line, _State.QUOTED if self.held else _State.FIELD_BEGINS)
        self.size = sum(map(size_of, self.held)) + size_of(line)
        closing = '"' if state is _State.QUOTED else ""
        last = line
        while state is _State.QUOTED or not line_end(last):
            piece = self._read()
            if not piece:
                break
            self.more_lines += bool(line_end(last))
            self.size += size_of(piece)
            state, last = self._after(piece, state), piece
        self.held.append(line if last is line else line + closing + line_end(last))
        return self.held[-1]

    def _after(self, text: str, state: _State) -> _State:
        """Where a reader is behind a text that began in a state."""
        begins_quoted = self._delimiter + '"'
        place = 0
        while place < len(text):
            if state is _State.QUOTED:
                quoted = _QUOTED.match(text, place)
                if quoted is None or quoted.end() == len(text):
                    return state
                state, place = _State.BEHIND_QUOTE, quoted.end() + 1
            elif state is _State.BARE:
                place = text.find(begins_quoted, place) + 2
                if place == 1:
                    return _State.FIELD_BEGINS if text.endswith(self._delimiter) else state
                state = _State.QUOTED
            elif text[place] == '"':
                state, place = _State.QUOTED, place + 1
            else:
                state = _State.BARE
        return state
