"""The inputs of the loader: real report files with bytes changed, packed and rewritten, each made from one seed."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import openpyxl
from hypothesis import strategies as st

from fuzz.disguises import Meant, disguised
from landing.outcome import Declaration
from reports.columns import ACTIVITY_REPORT, USERS_REPORT

ROOT = Path(__file__).resolve().parent.parent.parent
LINE_ENDS = ("\n", "\r\n", "\r")
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = (
    *("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
    *("cp1252", "cp1250", "mac_roman", "cp932", "gb18030"),
)
HEADERS = [",".join(name[0].title() for name in kind.aliases.values()) for kind in (ACTIVITY_REPORT, USERS_REPORT)]
# Texts that break readers of CSV, dates, encodings and databases.
TOKENS = [
    *(b'"', b'""', b'"""', b'","', b'"\n"', b'" "', b"'", b",", b";", b"\t", b"|", b"\\", b"\r", b"\n", b"\r\n"),
    *(b"\n\r", b"\n\n\n", b"\x00", b"\x00\x00\x00", b"\x1a", b"\x0b", b"\x0c", b"\x1b[31m", b"\x85", b"\xc2\x85"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"\xe2\x80\xa8", b"\xc2\xa0", b"\xe2\x80\xae"),
    *(b"sep=;\n", b"sep=,\r\n", b"\n" + HEADERS[0].encode() + b"\n", HEADERS[1].encode(), b"User ID", b"Date"),
    *(b"1900-01-01 00:00:00", b"2026-05-14 10:00:00+02:00", b"2026-05-14T10:00:00Z", b"2026-02-30 10:00:00"),
    *(b"14/05/2026 10:00", b"05/06/2026 1:00 PM", b"Infinity", b"-infinity", b"epoch", b"NaN", b"NULL", b"24:00:00"),
    *(b"1.23457E+15", b"-1", b"0", b"007", b"9" * 400, b"=1+1", b"=cmd|' /C calc'!A0", b"@SUM(A1)", b"+1", b"-2+3"),
    *(b"'); drop table raw.reports; --", b"$path", b"{columns}", b"%s%n", b"[red]", b"../../evil", b"<html>", b"{}"),
    *(
        b"\xc3",
        b"\xc3\x28",
        b"\xe2\x28\xa1",
        b"\xf0\x9f\x98",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
        b"\x81",
    ),
    *(b"\xff", b"\xe9", "😀".encode(), "e\u0301".encode(), "中文".encode("gb18030"), b"x" * 300, b'"' * 41, b"," * 50),
]
NOTHING_DECLARED = Declaration()
# The share of the inputs in another form.
DISGUISED_SHARE = 0.2


@dataclass(frozen=True)
class FuzzInput:
    """A file to land, and what is declared of it.

    Attributes:
        suffix: the end of its name.
        content: its bytes.
        declaration: as on the command line.
        meant: what its records mean, where that is known.
    """

    suffix: str
    content: bytes
    declaration: Declaration = NOTHING_DECLARED
    meant: tuple[Meant, ...] | None = None


@cache
def real_reports() -> list[list[list[str]]]:
    """The rows of the sample's reports, cut to the first few dozen."""
    reports = []
    for path in sorted((ROOT / "sample" / "reports").glob("*.csv")):
        text = path.read_text(encoding="utf-8-sig")
        delimiter = ";" if ";" in text.splitlines()[0] else ","
        reports.append(list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[:60])
    return reports


@cache
def workbooks() -> list[dict[str, bytes]]:
    """The parts of some workbooks that hold reports."""
    books = []
    for rows in real_reports():
        workbook = openpyxl.Workbook()
        sheet = workbook.active or workbook.create_sheet()
        for row in rows[:12]:
            sheet.append([int(cell) if cell.isdecimal() else cell for cell in row])
        workbook.create_sheet("Empty")
        out = io.BytesIO()
        workbook.save(out)
        with zipfile.ZipFile(out) as archive:
            books.append({name: archive.read(name) for name in archive.namelist()})
    return books


def make_input(seed: int) -> FuzzInput:
    """The input of a seed: always the same."""
    # Chosen apart, so that the other inputs of a seed stay what they were.
    dress = random.Random(f"dressed {seed}")
    if dress.random() < DISGUISED_SHARE:
        content, meant = disguised(dress)
        return FuzzInput(".csv", content, meant=meant)
    choose = random.Random(seed)
    make = choose.choices((_plain, _gzip, _zip, _workbook), weights=(80, 5, 7, 8))[0]
    declaration = NOTHING_DECLARED
    if choose.random() < 0.1:
        declaration = Declaration(
            time_zone=choose.choice(("UTC", "Europe/Zurich", "America/New_York")),
            date_format=choose.choice((None, "yyyy-MM-dd", "dd/MM/yyyy", "%Y-%m-%d", "%d %b %Y %H:%M")),
            encoding=choose.choice((None, "utf-8", "cp1252", "utf-16", "cp932", "ascii")),
        )
    suffix, content = make(choose)
    return FuzzInput(suffix, content, declaration)


def _plain(choose: random.Random) -> tuple[str, bytes]:
    return choice_of_suffix(choose, ".csv"), mutated(choose, _written(choose))


def _gzip(choose: random.Random) -> tuple[str, bytes]:
    content = gzip.compress(_maybe_mutated(choose, _written(choose)), compresslevel=1, mtime=0)
    return choice_of_suffix(choose, ".csv.gz"), _maybe_mutated(choose, content)


def _zip(choose: random.Random) -> tuple[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(choose.randint(0, 3)):
            folder = choose.choice(("", "", "deep/", "../../", "/", "__MACOSX/", "C:\\"))
            name = folder + choose.choice(("{}.csv", "{}.tsv", "ü{}.csv", "{}.txt", "{}.zip")).format(number)
            method = choose.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
            member = zipfile.ZipInfo(name, (2026, 5, 14, 10, 0, 0))
            archive.writestr(member, _maybe_mutated(choose, _written(choose)), method)
    return choice_of_suffix(choose, ".zip"), _maybe_mutated(choose, out.getvalue())


def _workbook(choose: random.Random) -> tuple[str, bytes]:
    """A workbook that is damaged in its parts, or as a whole: then the checksums of its parts fail at once."""
    parts = dict(choose.choice(workbooks()))
    for name in choose.sample(sorted(parts), choose.choice((0, 1, 1, 2))):
        parts[name] = mutated(choose, parts[name])
    if choose.random() < 0.05:
        del parts[choose.choice(sorted(parts))]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, 14, 10, 0, 0)), part)
    content = out.getvalue()
    return choice_of_suffix(choose, ".xlsx"), mutated(choose, content) if choose.random() < 0.15 else content


def choice_of_suffix(choose: random.Random, suffix: str) -> str:
    """The end of a name: mostly the right one."""
    return choose.choice((".csv", ".csv.gz", ".zip", ".xlsx")) if choose.random() < 0.1 else suffix


def _written(choose: random.Random) -> bytes:
    """A real report as one office program or another would write it."""
    rows = choose.choice(real_reports())
    start = choose.randrange(1, len(rows) - 1)
    rows = [rows[0], *rows[start : start + choose.choice((1, 3, 8, 8, 20))]]
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=choose.choice(DELIMITERS),
        quoting=choose.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        lineterminator=choose.choice(LINE_ENDS),
    )
    writer.writerows(rows)
    text = out.getvalue()
    if choose.random() < 0.05:
        text = choose.choice(("sep=;\n", "\n\n", "sep=,\r\n", "Report\n")) + text
    return text.encode(choose.choice(ENCODINGS) if choose.random() < 0.4 else "utf-8", errors="replace")


def _maybe_mutated(choose: random.Random, content: bytes) -> bytes:
    return mutated(choose, content) if choose.random() < 0.5 else content


def mutated(choose: random.Random, content: bytes) -> bytes:
    """The bytes with one or a few changes."""
    for _ in range(choose.choice((0, 1, 1, 1, 2, 3, 8))):
        content = choose.choice(MUTATIONS)(choose, content)
    return content


def _place(choose: random.Random, content: bytes) -> int:
    """A place in the bytes, often beside something that means something to a reader of CSV."""
    if content and choose.random() < 0.4:
        sign = choose.choice((b",", b";", b'"', b"\n", b"\r", b"\t"))
        places = [place for place, byte in enumerate(content) if byte == sign[0]]
        if places:
            return choose.choice(places) + choose.randint(0, 1)
    return choose.randint(0, len(content))


def _slice(choose: random.Random, content: bytes) -> tuple[int, int]:
    start = _place(choose, content)
    return start, min(len(content), start + choose.choice((1, 1, 2, 5, 20, 100, 500)))


def _flip(choose: random.Random, content: bytes) -> bytes:
    place = min(_place(choose, content), len(content) - 1)
    if place < 0:
        return content
    return content[:place] + bytes([content[place] ^ 1 << choose.randrange(8)]) + content[place + 1 :]


def _insert(choose: random.Random, content: bytes) -> bytes:
    place = _place(choose, content)
    return content[:place] + choose.randbytes(choose.choice((1, 1, 2, 4, 16))) + content[place:]


def _insert_token(choose: random.Random, content: bytes) -> bytes:
    place = _place(choose, content)
    return content[:place] + choose.choice(TOKENS) + content[place:]


def _insert_run(choose: random.Random, content: bytes) -> bytes:
    place = _place(choose, content)
    # The long ones are beyond what DuckDB reads as one record.
    run = choose.choice(TOKENS)[:4] * choose.choice((20, 200, 200, 200, 200, 5_000, 5_000, 600_000))
    return content[:place] + run + content[place:]


def _replace(choose: random.Random, content: bytes) -> bytes:
    start, end = _slice(choose, content)
    return content[:start] + choose.choice(TOKENS) + content[end:]


def _delete(choose: random.Random, content: bytes) -> bytes:
    start, end = _slice(choose, content)
    return content[:start] + content[end:]


def _duplicate(choose: random.Random, content: bytes) -> bytes:
    start, end = _slice(choose, content)
    return content[:end] + content[start:end] + content[end:]


def _swap(choose: random.Random, content: bytes) -> bytes:
    (a, b), (c, d) = sorted((_slice(choose, content), _slice(choose, content)))
    if b > c:
        return content
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _splice(choose: random.Random, content: bytes) -> bytes:
    other = _written(choose)
    return content[: _place(choose, content)] + other[_place(choose, other) :]


def _truncate(choose: random.Random, content: bytes) -> bytes:
    return content[: _place(choose, content)]


# In the middle of a report and not of its header, which few changes survive.
MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [
    *(_flip, _flip, _insert, _insert_token, _insert_token, _insert_token, _replace, _replace, _delete, _duplicate),
    *(_swap, _splice, _truncate, _insert_run),
]

# --- The same from the other side: reports that are put together of parts (hypothesis) ---

_signs = st.one_of(
    st.sampled_from(",;\t|\"'\n\r \\\u00a0\ufeff\u2028\x00\x1b="),
    st.characters(exclude_categories=["Cs"]),
)
_values = st.one_of(
    st.text(_signs, max_size=12),
    st.sampled_from(
        ["", "5001", "007", "1.5E+10", "Infinity", "1900-01-01", "User ID", "Date", "=1+1", "hello", "x" * 99]
    ),
    st.datetimes().map(str),
)
_dates = st.one_of(
    st.datetimes().map(lambda time: time.replace(microsecond=0).isoformat(" ")),
    st.sampled_from(
        ["2026-05-14 10:00:00", "14/05/2026 10:00", "2026-05-14T10:00:00Z", "never", "", "1900-01-01 00:00:00"]
    ),
    _values,
)
_titles = st.one_of(
    st.sampled_from(
        [name for kind in (ACTIVITY_REPORT, USERS_REPORT) for names in kind.aliases.values() for name in names]
    ),
    st.sampled_from(["", " ", "Points", "c0", 'a "b"', "$path", "two\nlines", "ü😀"]),
    st.text(_signs, max_size=8),
)


@st.composite
def structured_reports(draw: st.DrawFn) -> FuzzInput:
    """Reports with headers and values of all kinds, written in one way or another."""
    needed = draw(st.sampled_from([("User ID", "Category", "Action", "Date"), ("Email", "Last Name"), ()]))
    header = draw(st.permutations([*needed, *draw(st.lists(_titles, max_size=6))]))
    width = len(header)
    by_title = [_dates if title == "Date" else _values for title in header]
    records = draw(st.lists(st.one_of(st.tuples(*by_title), st.lists(_values, max_size=width + 2)), max_size=8))
    out = io.StringIO(newline="")
    line_end = draw(st.sampled_from(LINE_ENDS))
    writer = csv.writer(
        out,
        delimiter=draw(st.sampled_from(DELIMITERS)),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        # In Python 3.11 a field is quoted for the signs of the line end alone.
        lineterminator="\r\n",
    )
    lines = []
    for row in (header, *records):
        writer.writerow(row)
        lines.append(out.getvalue().removesuffix("\r\n"))
        out.seek(0)
        out.truncate()
    text = "".join(line + line_end for line in lines)
    encoding = draw(st.sampled_from(ENCODINGS))
    return FuzzInput(".csv", text.encode(encoding, errors="replace"))
