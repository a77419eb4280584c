"""A report as text: bytes that no character can be made of go through, so that only their records are refused."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

# A byte that no character can be made of comes out as one of these.
BROKEN_BYTE = re.compile("[\udc80-\udcff]")


# A spreadsheet takes these for the beginning of a formula, also in full width or small. For a class of a pattern.
FORMULA_SIGNS = r"=+\-@＝＋－＠﹢﹣﹦﹫"

# The name, in Python's codecs, of our way to let broken bytes through.
BROKEN = "juno-broken"


_STOP = "\udcff"
_STOPPED = re.compile(f"([\udcc2-\udcf4]){_STOP}")


def _keep_broken(error: UnicodeError) -> tuple[str, int]:
    """Let a byte that no character can be made of through as the surrogate that is written as that byte again.

    Two bytes that mean nothing in one encoding may be a letter in UTF-8. So one that could begin a letter is followed
    by one that is in none.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start]
    if byte < 0x80:
        return _STOP, error.end
    may_begin = 0xC2 <= byte <= 0xF4 and error.encoding not in ("utf-8", "utf8")
    return chr(0xDC00 + byte) + (_STOP if may_begin else ""), error.end


def without_stops(text: str) -> str:
    """A text with broken bytes as it was before it was written in UTF-8."""
    return _STOPPED.sub(r"\1", text)


codecs.register_error(BROKEN, _keep_broken)


class ReportRefused(Exception):
    """A file cannot be landed as a whole. The message names what is wrong and the fix."""


def open_text(path: Path, encoding: str) -> TextIO:
    """A report as text. A byte that no character can be made of comes out as a lone surrogate."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    return path.open(encoding=codec, errors=BROKEN, newline="")


_BEHIND_QUOTE = re.compile(r"\A +(?=[,;\t|\r\n])")
_BEFORE_QUOTE = re.compile(r"(?<=[,;\t|]) +\Z")


def without_blanks_beside_quotes(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a table without the blanks between its delimiters and its double quotes, as in `"a", "b" ,"c"`."""
    is_quoted = False
    for line in lines:
        pieces = line.split('"')
        last = len(pieces) - 1
        for place in range(is_quoted, last + 1, 2):
            outside = pieces[place]
            if place:
                outside = _BEHIND_QUOTE.sub("", outside)
            if place < last:
                outside = _BEFORE_QUOTE.sub("", outside) if place or outside.strip(" ") else ""
            pieces[place] = outside
        is_quoted ^= last % 2 == 1
        yield '"'.join(pieces)


def has_blanks_beside_quotes(text: str) -> bool:
    """Whether the first line of a table has such blanks."""
    first = text[: text.find("\n") + 1] or text
    return '"' in first and next(without_blanks_beside_quotes([first])) != first
