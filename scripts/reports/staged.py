"""Take a report apart into temporary tables, before anything of it is landed.

Parsing is DuckDB's; what it passes over in silence or cannot read, a second count (``reports.rows``) finds. Afterwards
``staged`` holds the records that could be read, with the columns c0, c1, … in the order of the header; ``malformed``
those that could not; and ``misread`` the numbers of those that DuckDB read though they are not sound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from reports.encoding import transcode
from reports.format import ReportFormat
from reports.ids import cleaned
from reports.rows import (
    MAX_FIELDS_TOO_MANY,
    OF_SEVERAL_ENDS,
    TEXT_KEPT,
    Copy,
    RowCount,
    Rows,
    first_look,
    repaired,
    second_count,
    without_trail,
)
from reports.scan import Scan, ends_in_trail, last_field, title_fields
from reports.text import ReportRefused, without_blanks_beside_quotes
from reports.width import unwrap
from warehouse.database import number_of
from warehouse.rejections import Kind

OVERSIZED = "LINE SIZE OVER MAXIMUM"
# The kind of what DuckDB says of a record that it cannot read.
KINDS = {
    "MISSING COLUMNS": Kind.TOO_FEW_FIELDS,
    "TOO MANY COLUMNS": Kind.TOO_MANY_FIELDS,
    "UNQUOTED VALUE": Kind.OPEN_QUOTE,
    OVERSIZED: Kind.TOO_LONG,
}
# What that means to the owner of the file.
REASONS = {
    Kind.TOO_FEW_FIELDS: "it has too few fields. Fix: see whether the line is cut off or a line break lost its quotes.",
    Kind.TOO_MANY_FIELDS: "it has too many fields. Fix: put the field that holds the delimiter in double quotes.",
    Kind.OPEN_QUOTE: (
        "a double quote is not closed, or stands alone inside a quoted field, so that the record runs on."
        " Fix: close it, or write it twice."
    ),
    Kind.STRAY_QUOTE: (
        "a field goes on in double quotes behind its closing one, so that its text is not clear."
        " Fix: write a double quote inside a field twice."
    ),
    Kind.TOO_LONG: (
        f"it is longer than 2 MB, or has over {MAX_FIELDS_TOO_MANY:,} fields too many; {TEXT_KEPT:,} characters of it"
        " are kept here. Fix: see whether a double quote is not closed."
    ),
}

TRAIL_SHOWN = 20
# In one record more fields than the header has are more likely a delimiter inside of a text.
FEWEST_WIDE = 2

# Of these a record may take the lines of others.
SWALLOWING = (Kind.OPEN_QUOTE, Kind.TOO_LONG)

# A file of more bytes is read by DuckDB in pieces, several at once.
PIECE_BYTES = 8_000_000

# What a report before this one left.
DROP_FORMER = ";".join(
    f"drop table if exists {table}" for table in ("reject_errors", "reject_scans", "malformed", "misread")
)

STAGE = """
create or replace temp table staged as
select * from read_csv(
    $path,
    auto_detect = false,
    header = true,
    delim = $delimiter,
    quote = '"',
    escape = '"',
    columns = {columns},
    force_not_null = {names},
    store_rejects = true,
    rejects_limit = 0,
    parallel = {is_parallel}
)
"""

# Rows are counted from 1 with the header and blank lines, records without. Several faults of one record are one
# rejected record: the first names it.
STAGE_MALFORMED = """
create or replace temp table malformed as
with faults as (
    select
        line as row_number,
        line - 1 - (
            select count(*) from unnest($blank::bigint[]) as blanks(row_number) where blanks.row_number < line
        ) as record_number,
        min_by(error_type, coalesce(column_idx, 0)) as error_type,
        min_by(column_name, coalesce(column_idx, 0)) as column_name,
        min_by(error_message, coalesce(column_idx, 0)) as error_message,
        any_value(csv_line) as record_text
    from reject_errors
    group by line
)
select *, row_number() over (order by record_number) as fault_number from faults
"""

# DuckDB passes over fields beyond the header as long as they are empty, and over double quotes that stray.
STAGE_MISREAD = """
create or replace temp table misread as
select
    row_number - 1 - (
        select count(*) from unnest($blank::bigint[]) as blanks(row_number) where blanks.row_number < faults.row_number
    ) as record_number,
    kind
from (select unnest($rows::bigint[]) as row_number, unnest($kinds::varchar[]) as kind) as faults
"""

# A record's number is its place among the records that could be read, moved on by those before it that could not.
# The row ids of a temporary table follow the file. (row_number() would end the parallelism: 13.9 s for 8.1 s.)
NUMBERED = """
with shifts as (
    select record_number - fault_number as readable_before, max(fault_number) as shift
    from malformed group by 1
),
numbered as (
    select staged.rowid + 1 + coalesce(shifts.shift, 0) as record_number, staged.*
    from staged asof left join shifts on staged.rowid >= shifts.readable_before
)
"""
NUMBERED_WHOLE = "with numbered as (select rowid + {first_number} as record_number, * from staged)"


@dataclass(frozen=True)
class Reading:
    """What DuckDB read of a report's text, and what a second count found there.

    Attributes:
        faults: numbers of the rows that DuckDB rejected.
        staged_count: records that it read.
        rows: what the rows are like.
    """

    faults: set[int]
    staged_count: int
    rows: Rows

    @property
    def found_count(self) -> int:
        """How many records DuckDB told apart."""
        return self.staged_count + len(self.faults)

    @property
    def is_whole(self) -> bool:
        """Whether they are as many as there are."""
        return self.found_count == self.rows.record_count


def stage(
    connection: duckdb.DuckDBPyConnection, text: Path, report: ReportFormat, folder: Path, count: RowCount | None = None
) -> Rows:
    """Read a report's text into the temporary table ``staged`` (columns c0, c1, …).

    A table malformed or misread has the records that are so, if there are any (``Rows``).

    Args:
        connection: the warehouse.
        text: the report.
        report: its format.
        folder: where copies of it may be put.
        count: its rows, if they were counted before.

    Raises:
        ReportRefused: DuckDB read another number of records than there are.
    """
    copy = first_look(_in_utf8(text, report, folder), report, count)
    reading = _read(connection, copy, report)
    while (better := repaired(copy, report, reading.rows)) is not None:
        copy, reading = better, _read(connection, better, report)
    # Where a piece begins inside a quoted field, its lines may pass for records: pasted lines of a report do.
    if not reading.is_whole and copy.path.stat().st_size > PIECE_BYTES:
        reading = _read(connection, copy, report, is_parallel=False)
    _refuse_lost_records(reading)
    misread_count = _stage_malformed(connection, reading)
    return replace(
        reading.rows.with_oversized_of(copy.taken_out),
        staged_count=reading.staged_count,
        malformed_count=len(reading.faults),
        misread_count=misread_count,
        ill_fitting=copy.ill_fitting,
    )


def _read(
    connection: duckdb.DuckDBPyConnection, copy: Copy, report: ReportFormat, *, is_parallel: bool = True
) -> Reading:
    """Let DuckDB read a report, and count its rows a second time."""
    names = [f"c{index}" for index in range(len(report.header))]
    columns = "{" + ", ".join(f"'{name}': 'varchar'" for name in names) + "}"
    parameters: dict[str, object] = {"path": str(copy.path), "delimiter": report.delimiter}
    connection.execute(DROP_FORMER)
    try:
        staged = number_of(connection, STAGE.format(columns=columns, names=names, is_parallel=is_parallel), parameters)
    except duckdb.InvalidInputException:
        if copy.has_one_line_end:
            raise
        return Reading(set(), 0, OF_SEVERAL_ENDS)
    faults = {row[0] for row in connection.execute("select distinct line from reject_errors").fetchall()}
    return Reading(faults, staged, second_count(copy, report, faults, staged))


def _refuse_lost_records(reading: Reading) -> None:
    """Refuse a report if DuckDB passed over a part of it.

    Raises:
        ReportRefused: it read another number of records than there are.
    """
    if not reading.is_whole:
        raise ReportRefused(
            f"it holds {reading.rows.record_count:,} records, but only {reading.found_count:,} can be separated. Fix:"
            f" see whether a double quote is not closed: row {reading.rows.longest:,} takes the most lines."
        )


def _stage_malformed(connection: duckdb.DuckDBPyConnection, reading: Reading) -> int:
    """Number the records that DuckDB could not read, and those that it read though they are not sound; counts these."""
    rows, faults = reading.rows, reading.faults
    misread = dict.fromkeys(rows.stray, Kind.STRAY_QUOTE) | dict.fromkeys(rows.wide, Kind.TOO_MANY_FIELDS)
    misread = {row: kind for row, kind in misread.items() if row not in faults}
    # Statements that are planned for nothing are half of the time that a small file takes.
    if faults:
        connection.execute(STAGE_MALFORMED, {"blank": rows.blank})
    if misread:
        found = {"blank": rows.blank, "rows": list(misread), "kinds": list(misread.values())}
        connection.execute(STAGE_MISREAD, found)
    return len(misread)


def _in_utf8(text: Path, report: ReportFormat, folder: Path) -> Path:
    """The report from its header on, in UTF-8, under a name without a pattern for DuckDB."""
    plain = folder / "plain.csv"
    if report.encoding != "utf-8" or report.start:
        transcode(text, report.encoding, plain, report.start)
    else:
        plain.unlink(missing_ok=True)
        plain.symlink_to(text.resolve())
    if report.is_spaced:
        spaced, plain = plain, folder / "tight.csv"
        with (
            spaced.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines,
            plain.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
        ):
            copy.writelines(without_blanks_beside_quotes(lines))
    bare = folder / "bare.csv"
    if report.wrapped_by is not None:
        unwrap(plain, report.wrapped_by, bare)
        return bare
    if report.trailed_by:
        without_trail(plain, report, bare)
        return bare
    return plain


def with_nameless(connection: duckdb.DuckDBPyConnection, report: ReportFormat) -> ReportFormat:
    """A report whose columns without a name are its own where something is in them."""
    held = tuple(
        index
        for index in report.nameless
        if connection.execute(f"select 1 from staged where {cleaned(f'c{index}')} is not null limit 1").fetchone()
    )
    return replace(report, extra=report.extra + held) if held else report


def trail_notes(connection: duckdb.DuckDBPyConnection, report: ReportFormat, scan: Scan) -> list[str]:
    """What is said of delimiters of another table behind records alone: they stay, because a text may end so."""
    if not scan.has_trails:
        return []
    last = last_field(report)
    row = connection.execute(f"select count(*), any_value({last}) from staged where {ends_in_trail(report)}").fetchone()
    if not row or not row[0]:
        return []
    return [
        f"{row[0]:,} of its records end in the delimiters of another table, such as {row[1][-TRAIL_SHOWN:]!r}. Its"
        " header does not, so they were kept as text. Fix: load the report as it was downloaded"
    ]


def short_header_notes(rows: Rows) -> list[str]:
    """What is said of a report whose header is narrower than all of its records: a name may be missing in it."""
    if len(rows.wide) < max(rows.record_count, FEWEST_WIDE):
        return []
    return [
        "each of its records has more fields than its header, so the name of a column may be missing in its first line."
        " Fix: put it where it belongs; if none is missing, see the fix of the first record"
    ]


def refuse_other_columns(connection: duckdb.DuckDBPyConnection, report: ReportFormat, scan: Scan) -> None:
    """Refuse a report with another one pasted into it whose columns have another order.

    Raises:
        ReportRefused: from some record on the fields are others than the header says.
    """
    if not scan.may_have_titles:
        return
    fields = title_fields(report)
    titles = [name for names in report.kind.aliases.values() for name in names]
    # No title begins with a digit, and nearly every field of the first column does.
    tests = [f"({fields[0]} < '0' or {fields[0]} >= ':')"]
    tests += [f"list_contains($titles, lower(replace({cleaned(field)}, '_', ' ')))" for field in fields]
    are_titles = " and ".join(tests)
    if not number_of(connection, f"select count(*) from staged where {are_titles}", {"titles": titles}):
        return
    same = " and ".join(f"coalesce({cleaned(f'c{index}')}, '') = $title{index}" for index in range(len(report.header)))
    row = connection.execute(
        f"{scan.numbered} select min(record_number) from numbered where {are_titles} and not ({same})",
        {"titles": titles, **{f"title{index}": title for index, title in enumerate(report.header)}},
    ).fetchone()
    if row and row[0] is not None:
        raise ReportRefused(
            f"its record {row[0]:,} is the header of another report, whose columns are not the same. Fix: make two"
            " files of it, each with its own header."
        )


def numbered(rows: Rows) -> str:
    """A with clause that gives the staged records, as ``numbered``, with the number that each has in the file."""
    return NUMBERED if rows.malformed_count else NUMBERED_WHOLE.format(first_number=rows.first_number)
