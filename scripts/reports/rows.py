"""A second count of a report's rows, independent of the parser that lands them.

DuckDB reads a report in parallel pieces and passes over more than it says: blank lines, empty fields beyond the header,
and behind a double quote that is not closed whole pieces of the file. So what it read is checked against another count.
`count_rows` searches bytes, at a gigabyte in about two seconds, and is exact for a report that is written as it should
be. Where the two differ, `examine_rows` takes the time to read every row with Python's own CSV reader.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from reports.format import ReportFormat
from reports.records import MAX_ROW_BYTES, Row, rows_within, size_of
from reports.text import BROKEN_BYTE, ReportRefused
from reports.width import HOPELESS, REPAIRABLE, SHORT, fitted, misfit

_CHUNK_BYTES = 1 << 22
_ALL_BYTES = bytes(range(256))
# Of `"a" "b"` DuckDB makes a b, and rejects nothing. This is searched in what stands outside of double quotes.
_STRAY_QUOTES = re.compile(rb'" +"')
# DuckDB keeps the whole row for each field too many: one of 600,000 fields in 2 MB takes it hours.
MAX_FIELDS_TOO_MANY = 1000
TEXT_KEPT = 10_000
# For each field that is missing or too many DuckDB keeps 1 KB, outside of its limit of memory: two million lines of two
# characters took 19 GB. So rows that can be repaired are, before it reads them, and of the others there is a limit.
MANY_MISFITS = 100_000
MAX_MISFIT_FIELDS = 1_000_000
# DuckDB takes two million blank lines for a part of the next record. Where every second line is blank, none is lost.
MAX_BLANK_ROWS = 1_000_000
# The rows in the first bytes of each piece of a file are compared with the header.
_SAMPLED_BYTES = 1 << 16


@dataclass(frozen=True)
class RowCount:
    """Rows and delimiters outside double quotes, the header's and blank ones included.

    Attributes:
        rows: the rows.
        delimiters: the delimiters.
        may_have_stray_quotes: whether quotes may stray.
        has_a_long_row: whether a row surely is longer than a record may be.
        misfits: about how many rows are not as wide as the header, by a sample.
        has_several_ends: whether some rows end in other characters than others.
    """

    rows: int
    delimiters: int
    may_have_stray_quotes: bool = False
    has_a_long_row: bool = False
    misfits: int = 0
    has_several_ends: bool = False


@dataclass(frozen=True)
class Rows:
    """What the rows of a report are like; rows are numbered from 1 with the header and the blank lines.

    Attributes:
        record_count: rows that are neither the header nor blank.
        staged_count: those of them that DuckDB read.
        malformed_count: those that it did not.
        misread_count: those that it read though they are not sound.
        blank: numbers of the blank rows.
        wide: numbers of the rows with more fields than the header.
        stray: numbers of the rows where a field goes on in new double quotes behind a blank.
        lines: lines of the file that each row of interest takes.
        longest: number of the row that takes the most lines.
        ends: how rows end, the last one left out if it does not.
        oversized: beginning of each row that is longer or has more fields than DuckDB should read.
        sizes: bytes of each of these.
        broken: fields and text of each row of interest with bytes of no meaning, which are lone surrogates here.
        ill_fitting: what is wrong with the width of each row that can be read all the same (``reports.width``).
        first_number: the number of the first record in the report, if those before it were not read again.
    """

    record_count: int
    staged_count: int = 0
    malformed_count: int = 0
    misread_count: int = 0
    blank: list[int] = field(default_factory=list)
    wide: list[int] = field(default_factory=list)
    stray: list[int] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)
    longest: int = 0
    ends: set[str] = field(default_factory=set)
    oversized: dict[int, str] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    broken: dict[int, tuple[list[str], str]] = field(default_factory=dict)
    ill_fitting: dict[int, str] = field(default_factory=dict)
    first_number: int = 1

    @property
    def are_regular(self) -> bool:
        """Whether a count of bytes was enough, because each row is as it should be."""
        return self == Rows(self.record_count, self.record_count, first_number=self.first_number)

    def with_oversized_of(self, before: Rows) -> Rows:
        """These rows, with what was found of oversized ones before they were taken out."""
        lines = {number: before.lines[number] for number in before.oversized}
        return replace(
            self, oversized=self.oversized | before.oversized, sizes=self.sizes | before.sizes, lines=self.lines | lines
        )


# What is found where DuckDB gives up.
OF_SEVERAL_ENDS = Rows(0, ends={"\n", "\r\n"})


@dataclass(frozen=True)
class Copy:
    """A report in UTF-8, as DuckDB is to read it.

    Attributes:
        path: where it is.
        count: what the first count found in it; None if nothing of it can be taken for granted.
        taken_out: what is known of rows that are in it no more, because they were oversized.
        has_one_line_end: whether all of its rows end alike.
        ill_fitting: the rows of another width that were brought to that of the header (``Rows``).
    """

    path: Path
    count: RowCount | None = None
    taken_out: Rows = Rows(0)
    has_one_line_end: bool = False
    ill_fitting: dict[int, str] = field(default_factory=dict)


def first_look(path: Path, report: ReportFormat, count: RowCount | None = None) -> Copy:
    """Count the rows of a report, and repair what DuckDB could not bear: rows too long or too wide, and many misfits.

    Raises:
        ReportRefused: rows that cannot be repaired are too many.
    """
    count = count or count_rows(path, report)
    missing = count.rows * (len(report.header) - 1) - count.delimiters
    has_many_misfits = missing > MANY_MISFITS or count.misfits > MANY_MISFITS
    copy = Copy(path, count)
    if not (missing < -MAX_FIELDS_TOO_MANY or count.has_a_long_row or has_many_misfits):
        return copy
    rows = examine_rows(path, report, ())
    if rows.oversized:
        copy = Copy(path.with_name("narrowed.csv"), taken_out=rows)
        without_oversized(path, report, copy.path, rows.oversized)
    return _fit(copy, report, rows.ill_fitting) if has_many_misfits and rows.ill_fitting else copy


def second_count(copy: Copy, report: ReportFormat, faults: Collection[int], staged: int) -> Rows:
    """The properties of the rows of a report, after DuckDB read so many records and rejected these rows."""
    is_regular = copy.count == RowCount(staged + 1, (staged + 1) * (len(report.header) - 1))
    return Rows(staged) if is_regular and not faults else examine_rows(copy.path, report, faults)


def repaired(copy: Copy, report: ReportFormat, rows: Rows) -> Copy | None:
    """A report without what DuckDB cannot read; None where there is nothing of the kind."""
    if rows.oversized:
        target = copy.path.with_name("shortened.csv")
        without_oversized(copy.path, report, target, rows.oversized)
        return replace(copy, path=target, count=None, taken_out=rows.with_oversized_of(copy.taken_out))
    # A header with a line break inside makes DuckDB take another one for the end of lines than there is. Rows end in
    # several ways where reports of two programs were pasted together: DuckDB says so, or takes one end for a text.
    if not copy.has_one_line_end and (len(rows.ends) > 1 or report.header_lines > 1):
        target = copy.path.with_name("repaired.csv")
        with_one_line_end(copy.path, report, target)
        return replace(copy, path=target, count=None, has_one_line_end=True)
    return _fit(copy, report, rows.ill_fitting) if rows.ill_fitting and not copy.ill_fitting else None


def _fit(copy: Copy, report: ReportFormat, ill_fitting: dict[int, str]) -> Copy:
    """A report with each of these rows as wide as its header."""
    target = copy.path.with_name("fitted.csv")
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as text:
        for row in rows_within(copy.path, report.delimiter):
            if row.number in ill_fitting:
                text.write(fitted(row.fields, row.lines, report, ill_fitting[row.number]))
            else:
                text.writelines(row.lines)
    return replace(copy, path=target, count=None, ill_fitting=ill_fitting)


def without_trail(path: Path, report: ReportFormat, target: Path) -> None:
    """Rewrite a report without the delimiters of another table behind its last column."""
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy:
        for row in rows_within(path, report.delimiter):
            *others, last = row.lines
            text = last.removesuffix(row.end)
            # A sign of the other table inside a record takes the place of one behind it.
            trail = min(len(text) - len(text.rstrip(report.trailed_by[0])), len(report.trailed_by))
            copy.writelines([*others, text[: len(text) - trail] + row.end])


def count_rows(path: Path, report: ReportFormat) -> RowCount:
    """Count rows and delimiters by searching bytes: every second piece between double quotes is outside of them."""
    delimiter = report.delimiter.encode()
    # The signs that are searched are an eighth of a report, so the rest is left out first. This may take double quotes
    # in a field that begins without one for stray ones: then each row is read, and found to be sound.
    others = _ALL_BYTES.translate(None, b'" \r\n' + delimiter)
    line_ends: Counter[str] = Counter()
    delimiters = since_end = misfits = 0
    is_quoted = may_have_stray_quotes = has_a_long_row = False
    last = before = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if chunk.endswith(b"\r"):
                chunk += file.read(1)
            sample = _widths(chunk, delimiter, is_quoted=is_quoted)
            # Without the text between them two line ends would seem to be one of two characters.
            has_lone_returns = b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n")
            pieces = (chunk if has_lone_returns else chunk.translate(None, others)).split(b'"')
            outside = b'"'.join(pieces[is_quoted::2])
            around = before + (b'"' if is_quoted and len(pieces) > 1 else b"") + outside
            is_quoted ^= (len(pieces) - 1) % 2 == 1
            around += b'"' if is_quoted and len(pieces) > 1 else b""
            may_have_stray_quotes = may_have_stray_quotes or (
                b'" ' in around and _STRAY_QUOTES.search(around) is not None
            )
            before = around[len(around.rstrip(b" ")) - 1 :] if around and not is_quoted else b""
            found = _line_ends(outside)
            line_ends.update(found)
            ends = sum(found.values())
            since_end = 0 if ends else since_end + len(chunk)
            has_a_long_row = has_a_long_row or since_end > MAX_ROW_BYTES
            delimiters += outside.count(delimiter)
            if misfit_count := len(sample) - sample.count(len(report.header)):
                misfits += ends * misfit_count // len(sample)
            last = chunk[-1:]
    rows, has_several_ends = line_ends.total() + (last not in b"\r\n"), len(+line_ends) > 1
    return RowCount(rows, delimiters, may_have_stray_quotes, has_a_long_row, misfits, has_several_ends)


def _line_ends(text: bytes) -> dict[str, int]:
    """How many lines of a text end with each line end."""
    newlines = text.count(b"\n")
    # To see that there is no return takes no time.
    if b"\r" not in text:
        return {"\n": newlines}
    both = text.count(b"\r\n")
    return {"\n": newlines - both, "\r\n": both, "\r": text.count(b"\r") - both}


def _widths(chunk: bytes, delimiter: bytes, *, is_quoted: bool) -> list[int]:
    """How many fields the rows at the beginning of a piece of a file have; those that may be cut are left out."""
    outside = b'"'.join(chunk[:_SAMPLED_BYTES].split(b'"')[is_quoted::2])
    return [row.count(delimiter) + 1 for row in outside.splitlines()[1:-1] if row]


def examine_rows(path: Path, report: ReportFormat, of_interest: Collection[int]) -> Rows:
    """Read every row with Python's CSV reader and find those that are unlike the others.

    Raises:
        ReportRefused: rows that are blank, or of another width, are too many.
    """
    width = len(report.header)
    stray_quotes = _stray_quotes(report.delimiter)
    found = Rows(0)
    number = longest = most_lines = misfit_fields = 0
    for row in rows_within(path, report.delimiter):
        number, fields = row.number, row.fields
        if row.end:
            found.ends.add(row.end)
        # In a file of one column an empty line is a record with an empty field, for DuckDB too.
        if not fields and width > 1:
            found.blank.append(number)
        elif not row.is_cut:
            misfit_fields += _note_width(found, row, report)
        _refuse_many(number, len(found.blank), misfit_fields)
        if not row.is_cut and stray_quotes.match("".join(row.lines)):
            found.stray.append(number)
        if row.is_cut or _is_long(row.lines) or len(fields) > width + MAX_FIELDS_TOO_MANY:
            found.oversized[number] = "".join(row.lines)[:TEXT_KEPT]
            found.sizes[number] = row.size or sum(map(size_of, row.lines))
            found.lines[number] = row.line_count
        if row.line_count > most_lines:
            longest, most_lines = number, row.line_count
        if number in of_interest:
            found.lines[number] = row.line_count
            if any(map(BROKEN_BYTE.search, fields)) and not row.is_cut:
                found.broken[number] = (fields, "".join(row.lines))
    return replace(found, record_count=number - len(found.blank) - 1, longest=longest)


def _is_long(lines: list[str]) -> bool:
    # A character takes four bytes at most.
    return sum(map(len, lines)) > MAX_ROW_BYTES // 4 and sum(map(size_of, lines)) > MAX_ROW_BYTES


def _note_width(found: Rows, row: Row, report: ReportFormat) -> int:
    """Note what is wrong with the width of a row; returns how many of its fields are missing or too many for good."""
    number, surplus = row.number, len(row.fields) - len(report.header)
    if not surplus or not row.fields:
        return 0
    what = misfit(row.fields, row.lines, report)
    if what in REPAIRABLE:
        found.ill_fitting[number] = what
        return 0
    if surplus > 0:
        found.wide.append(number)
    elif what == HOPELESS and found.ill_fitting.get(number - 1) == SHORT:
        # A line break lost its quotes: the row before is the first half of a record, and this one the rest.
        del found.ill_fitting[number - 1]
    return min(abs(surplus), MAX_FIELDS_TOO_MANY)


def _refuse_many(number: int, blank_rows: int, misfit_fields: int) -> None:
    if misfit_fields > MAX_MISFIT_FIELDS:
        what = f"over {MAX_MISFIT_FIELDS:,} fields of its records are missing or too many"
    elif blank_rows > max(MAX_BLANK_ROWS, 3 * (number - blank_rows)):
        what = f"over {MAX_BLANK_ROWS:,} of its lines are blank"
    else:
        return
    raise ReportRefused(
        f"{what}, up to row {number:,}. So it is no activity report, or damaged. Fix: download it again."
    )


def _stray_quotes(delimiter: str) -> re.Pattern[str]:
    """A row with a field in double quotes that goes on in new ones; one that only holds quotes is sound."""
    one = re.escape(delimiter)
    quoted = ' *+"(?:[^"]|"")*+"'
    return re.compile(f'(?:(?:{quoted} *+|[^"{one}][^{one}]*+|){one})*+{quoted} +"')


def without_oversized(path: Path, report: ReportFormat, target: Path, oversized: Collection[int]) -> None:
    """Rewrite a report with a short row that is no record either in the place of each that is oversized.

    DuckDB passes over a row of many megabytes without a word, and counts the following ones wrong.
    """
    stand_in = report.delimiter.join("x" * (len(report.header) + 1))
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy:
        for row in rows_within(path, report.delimiter):
            if row.number in oversized:
                copy.write(stand_in + row.end)
            else:
                copy.writelines(row.lines)


def with_one_line_end(path: Path, report: ReportFormat, target: Path) -> None:
    """Rewrite a report so that all of its rows end alike; text in double quotes stays as it is.

    In the place of the header stands one that no line break can be in.
    """
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy:
        for row in rows_within(path, report.delimiter):
            if row.number == 1:
                copy.write(report.delimiter.join("x" * len(report.header)) + "\n")
                continue
            *others, last = row.lines
            copy.writelines([*others, last.removesuffix(row.end) + ("\n" if row.end else "")])
