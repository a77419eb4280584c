"""The encoding of a report: found, said, and never guessed over a broken byte.

UTF-8 is checked to the last byte. A file that is mostly UTF-8 stays UTF-8, and its broken records are rejected one by
one. A file without any UTF-8 was saved by an office program in the encoding of its country: charset-normalizer finds
which, the manifest keeps it, and the user can declare it. A byte without a meaning in the encoding goes through
as a byte that has none in UTF-8 either, so that DuckDB rejects its record and no sign is put in its place.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from reports.text import ReportRefused, open_text

# The order matters: UTF-32's mark begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# The encodings that office programs save a CSV in when it is not Unicode, by the country.
COMMONEST = "cp1252"
OFFICE_ENCODINGS = [
    *(COMMONEST, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("cp932", "gb18030", "big5", "cp949", "mac_roman"),
]
# (Pieces of 4 MB take three times as long to decode: each is new memory.)
_CHUNK_BYTES = 1 << 18
# The first names of a header, which are English whatever the labels are.
_NAME_BYTES = 64
# Bytes of a letter, the place of the one that is not zero, and the codec. The order matters: UTF-32 has zeros in the
# places of UTF-16 too.
UNMARKED = ((4, 0, "utf-32-le"), (4, 3, "utf-32-be"), (2, 0, "utf-16-le"), (2, 1, "utf-16-be"))
_FEWEST_LETTERS = 4
_SAMPLE_LINES = 500
# A field of a fixed width may be filled with some; a block of a disk has 512 bytes or more.
_HOLE = bytes(256)
_SAMPLE_WIDTH = 1000
# Of charset-normalizer's measure of the mess that an encoding makes of a text.
_EQUALLY_GOOD = 0.1
_VALID = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ASCII = bytes(range(128))


@dataclass(frozen=True)
class Survey:
    """The findings of one pass over a report's bytes.

    Attributes:
        sha256: their hash.
        byte_count: how many they are.
        is_utf8: whether all of them are UTF-8.
        hole: where as many NUL bytes follow each other as no text has; None for nowhere.
    """

    sha256: str
    byte_count: int
    is_utf8: bool
    hole: int | None = None


def survey(path: Path) -> Survey:
    """Hash the bytes of a report, and see whether all of them are UTF-8 and none is missing."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    size = 0
    hole: int | None = None
    nuls_before = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            # To see that there is none takes no time.
            if hole is None and b"\0" in chunk:
                found = (bytes(nuls_before) + chunk).find(_HOLE)
                hole = size - nuls_before + found if found >= 0 else None
                nuls_before = min(len(_HOLE), len(chunk) - len(chunk.rstrip(b"\0")))
            else:
                nuls_before = 0
            size += len(chunk)
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return Survey(digest.hexdigest(), size, is_utf8, hole)


def refuse_hole(path: Path, seen: Survey) -> None:
    """Refuse a report with a hole: the records that were there are lost, and what is around it may pass for one.

    Raises:
        ReportRefused: it has one.
    """
    if seen.hole is None:
        return
    if seen.hole == 0:
        raise ReportRefused("it begins with NUL bytes, as a copy that broke off. Fix: download it again.")
    length = 0
    with path.open("rb") as file:
        file.seek(seen.hole)
        while (chunk := file.read(_CHUNK_BYTES)) and not chunk.strip(b"\0"):
            length += len(chunk)
        length += len(chunk) - len(chunk.lstrip(b"\0"))
    raise ReportRefused(
        f"from byte {seen.hole + 1:,} on it holds {length:,} NUL bytes in place of text, as a copy that broke off."
        " Fix: download it again; if no record is missing, delete these bytes."
    )


def encoding_of(path: Path, seen: Survey, declared: str | None = None, remembered: str | None = None) -> str:
    """The encoding of a report: by its mark, UTF-8 if its letters are, as declared, or the likeliest one of an office.

    An encoding that was declared before (``remembered``) takes the place of the likeliest one, which is a guess. One
    that is declared now is also that of a file of ASCII alone: it may be in UTF-7, or in Japanese as in mails.
    """
    with path.open("rb") as file:
        head = file.read(_NAME_BYTES)
    if (marked := _by_mark(head)) is not None:
        return marked
    if declared is not None:
        return "utf-8" if _has_letters_of_utf8(path) else _without_mark(declared)
    if (unmarked := _by_zeros(head)) is not None:
        return unmarked
    if seen.is_utf8:
        return "utf-8"
    likeliest = _likeliest(path)
    return _without_mark(remembered) if remembered and not likeliest.startswith("utf") else likeliest


def _by_mark(head: bytes) -> str | None:
    return next((encoding for mark, encoding in MARKS.items() if head.startswith(mark)), None)


def _by_zeros(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: of each letter of a header one byte is not zero, and it is in the same place."""
    for width, place, encoding in UNMARKED:
        letters = head[place:_NAME_BYTES:width]
        zeros = len(head) // width * (width - 1)
        if len(letters) > _FEWEST_LETTERS and head.count(0) > 0.9 * zeros and not letters.count(0):
            return encoding
    return None


def beginning_of(head: bytes) -> str:
    """The beginning of the text with these first bytes: enough to see whether names of columns are there."""
    encoding = _by_mark(head) or _by_zeros(head[:_NAME_BYTES])
    if encoding is None:
        # Each byte is a letter of latin-1, and the names of columns are the same in every office program.
        encoding = "utf-8-sig" if _is_in(head[: head.rfind(b"\n") + 1], "utf-8") else "latin-1"
    return head.decode(encoding, errors="replace")


def _without_mark(declared: str) -> str:
    """A declared encoding, as a file without a mark is read."""
    name = codecs.lookup(declared).name
    # Without a mark these two would not be read at all. Windows writes the lower byte first.
    return f"{name}-le" if name in ("utf-16", "utf-32") else name


def _has_letters_of_utf8(path: Path) -> bool:
    """Whether most letters beyond ASCII are in UTF-8, and there are any."""
    valid = others = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            chunk += file.readline(_CHUNK_BYTES)
            valid += sum(map(len, _VALID.findall(chunk)))
            others += len(chunk.translate(None, _ASCII))
    return 0 < others <= 2 * valid


def _likeliest(path: Path) -> str:
    valid = broken = 0
    lines: list[bytes] = []
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            chunk += file.readline(_CHUNK_BYTES)
            in_valid = sum(map(len, _VALID.findall(chunk)))
            valid += in_valid
            broken += len(chunk.translate(None, _ASCII)) - in_valid
            if len(lines) < _SAMPLE_LINES:
                lines += [
                    line[:_SAMPLE_WIDTH] for line in chunk.splitlines(keepends=True) if line.translate(None, _ASCII)
                ]
    if valid >= broken:
        return "utf-8"
    lines = lines[:_SAMPLE_LINES]
    # A byte or two that are broken must not rule the commonest encoding out.
    common = [line for line in lines if _is_in(line, COMMONEST)]
    if len(common) >= 0.9 * len(lines) and _of_an_office(common) == COMMONEST:
        return COMMONEST
    return _of_an_office(lines)


def _of_an_office(lines: list[bytes]) -> str:
    matches = from_bytes(b"".join(lines), cp_isolation=OFFICE_ENCODINGS, threshold=0.4)
    # Several encodings make words of a short text: then the commonest is taken.
    good = [match for match in matches if match.chaos <= matches[0].chaos + _EQUALLY_GOOD]
    if not good or any(COMMONEST in match.could_be_from_charset for match in good):
        return COMMONEST
    return good[0].encoding


def _is_in(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def transcode(path: Path, encoding: str, target: Path, start: int = 0) -> None:
    """Rewrite a report in UTF-8, the one encoding that DuckDB reads in full.

    Args:
        path: the report.
        encoding: the codec of the report.
        target: where to write it.
        start: characters to leave out at the beginning.

    Raises:
        ReportRefused: it is not in this encoding at all.
    """
    try:
        with (
            open_text(path, encoding) as file,
            target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
        ):
            file.read(start)
            while text := file.read(_CHUNK_BYTES):
                copy.write(text)
    except UnicodeError as error:
        raise ReportRefused(f"it is not in {encoding}: {error}. Fix: save it as 'CSV UTF-8'.") from error
