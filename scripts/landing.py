"""Land reports in the warehouse, and lose nothing.

Every record of every file ends in ``raw.activities`` or ``raw.users`` word for word, or in ``raw.rejected_records``
with the reason. One file is one transaction, and the same bytes are never landed twice. Parsing is DuckDB's, and a
second count (``report_rows``) watches over it. Landing knows how a report is written (``report_format``), where its
kind lands (``destinations``), and nothing of what its records mean.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
from rich.progress import Progress

from destinations import BLANK_REASON, HEADER_REASON, Destination, Fault, destination_of
from forgotten import NAMED_REASON, REASON, Names, Remembered, names_of, remembered, without_names
from report_encoding import Survey, encoding_of, survey, transcode
from report_files import ReportFile, reports_in, unreadable
from report_format import (
    ACTIVITY_REPORT,
    BROKEN_BYTE,
    IDENTIFYING_COLUMNS,
    ReportFormat,
    ReportRefused,
    read_format,
    without_stops,
)
from report_rows import (
    MAX_FIELDS_TOO_MANY,
    TEXT_KEPT,
    RowCount,
    Rows,
    count_rows,
    examine_rows,
    with_one_line_end,
    without_oversized,
)
from warehouse import RAW_TABLES, WarehouseError, disk_trouble, in_words, number_of, transaction

DEFAULT_SITE = "main"
# The committed sample is landed as this site, which is nobody else's.
SAMPLE_SITE = "sample"
EXAMPLES_SHOWN = 5
# What is set aside without harm.
HARMLESS = [BLANK_REASON, HEADER_REASON, REASON, NAMED_REASON]

LANDED_REPORTS = """
select report_id, file_name, file_sha256, site_id from raw.reports
union all
select report_id, file_name, file_sha256, site_id from raw.user_reports
"""

# What DuckDB says of a record that it cannot read, and what that means to the owner of the file.
REASONS = {
    "MISSING COLUMNS": "it has too few fields. Cure: see whether the line is cut off or a line break lost its quotes.",
    "TOO MANY COLUMNS": "it has too many fields. Cure: put the field that holds the delimiter in double quotes.",
    "UNQUOTED VALUE": (
        "a double quote is not closed, or stands alone inside a quoted field, so that the record runs on."
        " Cure: close it, or write it twice."
    ),
    "STRAY QUOTES": (
        "a field goes on in double quotes behind its closing one, so that nobody can tell what it says."
        " Cure: write a double quote inside a field twice."
    ),
    "LINE SIZE OVER MAXIMUM": (
        f"it is longer than 2 MB, or has over {MAX_FIELDS_TOO_MANY:,} fields too many; {TEXT_KEPT:,} characters of it"
        " are kept here. Cure: see whether a double quote is not closed."
    ),
}

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
    rejects_limit = 0
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
    reason
from (select unnest($rows::bigint[]) as row_number, unnest($reasons::varchar[]) as reason) as faults
"""

NONE_MALFORMED = """
create or replace temp table malformed (
    row_number bigint,
    record_number bigint,
    error_type varchar,
    column_name varchar,
    error_message varchar,
    record_text varchar,
    fault_number bigint
)
"""
NONE_MISREAD = "create or replace temp table misread (record_number bigint, reason varchar)"

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
NUMBERED_WHOLE = "with numbered as (select rowid + 1 as record_number, * from staged)"


@dataclass(frozen=True)
class Declaration:
    """What is declared of the files of one load, because no file tells it.

    Attributes:
        site_id: the site that the reports belong to.
        time_zone: IANA zone of the dates in it.
        date_format: a name in ``DATE_FORMATS``, a strptime format, or None to find it from the file.
        encoding: a codec of Python, or None to find it from the file.
        is_again: whether files that were withdrawn are landed all the same.
    """

    site_id: str = DEFAULT_SITE
    time_zone: str = "UTC"
    date_format: str | None = None
    encoding: str | None = None
    is_again: bool = False


@dataclass(frozen=True)
class RejectedRecord:
    """A record that could not be landed, as the user is shown it."""

    record_number: int
    column_name: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class Landing:
    """What became of one report: landed, already landed, left out, or refused as a whole with the reason.

    Attributes:
        path: the file, as the user named it.
        name: the same, and which part of it the report is.
        landed_count: its records that landed.
        unit: what these are.
        rejected_count: its records that did not.
        harmless_count: of these, the ones about which nobody has to do anything.
        examples: some of the rejected records.
        notes: what was found out about the report and may be wrong.
        already_landed_as: the file of the same bytes that was landed before.
        withdrawn_on: the day on which it was withdrawn, so that it was left out.
        refusal: why nothing of it was landed.
    """

    path: Path
    name: str
    landed_count: int = 0
    unit: str = ACTIVITY_REPORT.unit
    rejected_count: int = 0
    harmless_count: int = 0
    examples: list[RejectedRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    already_landed_as: str | None = None
    withdrawn_on: date | None = None
    refusal: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing of the report was rejected or refused that anybody should look at."""
        return self.refusal is None and self.rejected_count == self.harmless_count


def land_reports(
    connection: duckdb.DuckDBPyConnection,
    paths: list[Path],
    declaration: Declaration,
    progress: Progress | None = None,
) -> Iterator[Landing]:
    """Land the reports that files hold one by one, each in a transaction of its own, and tell what became of each.

    A report that cannot be landed as a whole is refused and the next one follows; after a crash the warehouse holds
    the reports that were finished, and the same call lands the rest.

    Raises:
        WarehouseError: the disk is full or cannot be written. What was landed before stays.
    """
    connection.execute(RAW_TABLES)
    connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    sizes = [_size(path) for path in paths]
    task = progress.add_task("Landing", total=sum(sizes)) if progress else None
    with _spool(connection) as spool:
        for number, (path, size) in enumerate(zip(paths, sizes, strict=True)):
            done = sum(sizes[:number])

            def show(share: float, done: int = done, size: int = size) -> None:
                if progress is not None and task is not None:
                    progress.update(task, completed=done + share * size)

            try:
                reports = reports_in(path)
            except ReportRefused as refused:
                yield Landing(path, str(path), refusal=str(refused))
                continue
            for report in reports:
                yield _land_or_refuse(connection, report, declaration, spool, show)
            show(1.0)


def _land_or_refuse(
    connection: duckdb.DuckDBPyConnection,
    report: ReportFile,
    declaration: Declaration,
    spool: Path,
    show: Callable[[float], None],
) -> Landing:
    try:
        with tempfile.TemporaryDirectory(dir=spool) as folder:
            return _land_report(connection, report, declaration, Path(folder), show)
    except ReportRefused as refused:
        refusal = str(refused)
    except (duckdb.Error, OSError) as error:
        trouble = disk_trouble(str(error))
        if trouble is not None:
            raise WarehouseError(
                f"{report.shown} was not landed: {trouble}. What was landed before it is whole."
            ) from error
        refusal = _in_plain_words(error) if isinstance(error, duckdb.Error) else str(unreadable(error))
    return Landing(report.path, report.shown, refusal=refusal)


@contextmanager
def _spool(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """A folder beside the warehouse for what is unpacked: on its disk, under its protection, and for one loader.

    What a killed loader left there goes when the warehouse is opened (``warehouse.connect``).
    """
    row = connection.execute("select path from duckdb_databases() where database_name = current_database()").fetchone()
    if not row or not row[0]:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    spool = Path(f"{row[0]}.landing")
    try:
        spool.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise WarehouseError(f"{spool} cannot be written: {in_words(error)}") from error
    try:
        yield spool
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def holds_own_reports(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the warehouse holds a report that is not of the sample."""
    connection.execute(RAW_TABLES)
    return number_of(connection, f"select count(*) from ({LANDED_REPORTS}) where site_id <> '{SAMPLE_SITE}'") > 0


def withdraw_sample(connection: duckdb.DuckDBPyConnection) -> bool:
    """Take the sample out of the warehouse once it holds a report of its owner; returns whether it was there."""
    if not holds_own_reports(connection):
        return False
    sample = connection.execute(f"select report_id from ({LANDED_REPORTS}) where site_id = ?", [SAMPLE_SITE]).fetchall()
    if not sample:
        return False
    with transaction(connection):
        delete_reports(connection, [report_id for (report_id,) in sample])
    return True


def delete_reports(connection: duckdb.DuckDBPyConnection, report_ids: list[str]) -> None:
    """Delete all that was landed from these reports, in the transaction of the caller."""
    for table in ("activities", "users", "rejected_records", "reports", "user_reports"):
        connection.execute(f"delete from raw.{table} where list_contains(?, report_id)", [report_ids])


def _land_report(
    connection: duckdb.DuckDBPyConnection,
    file: ReportFile,
    declaration: Declaration,
    folder: Path,
    show: Callable[[float], None],
) -> Landing:
    text = file.as_text(folder)
    seen = survey(text)
    twin = connection.execute(
        f"select file_name from ({LANDED_REPORTS}) where file_sha256 = ?", [seen.sha256]
    ).fetchone()
    if twin:
        return Landing(file.path, file.shown, already_landed_as=twin[0])
    withdrawn = connection.execute(
        "select withdrawn_at::date from raw.withdrawn_reports where file_sha256 = ?", [seen.sha256]
    ).fetchone()
    if withdrawn and not declaration.is_again:
        return Landing(file.path, file.shown, withdrawn_on=withdrawn[0])

    encoding = encoding_of(text, seen, declaration.encoding)
    report = read_format(text, encoding)
    with _progress_of(connection, lambda share: show(share * 0.4)):
        rows = _stage(connection, _in_utf8(text, report, folder), report)
    _refuse_other_columns(connection, report)
    destination = destination_of(connection, file.name, report, declaration.time_zone, declaration.date_format)
    report_id = seen.sha256[:16]
    known = remembered(connection, declaration.site_id)
    names = _stage_forgotten(connection, report, known)

    with transaction(connection):
        with _progress_of(connection, lambda share: show(0.4 + share * 0.6)):
            moved = _land_records(connection, report_id, report, destination)
        _land_malformed(connection, report_id, report, rows, known, names)
        if moved < number_of(connection, "select count(*) from staged"):
            _land_unfit(connection, report_id, report, destination)
            _land_forgotten(connection, report_id)
        landed, rejected = _land_manifest(connection, report_id, file, seen, report, declaration, destination, names)
        connection.execute("delete from raw.withdrawn_reports where file_sha256 = ?", [seen.sha256])
    return Landing(
        path=file.path,
        name=file.shown,
        landed_count=landed,
        unit=report.kind.unit,
        rejected_count=rejected,
        harmless_count=_harmless_count(connection, report_id) if rejected else 0,
        examples=_examples(connection, report_id) if rejected else [],
        notes=_notes(report, declaration),
    )


def _examples(connection: duckdb.DuckDBPyConnection, report_id: str) -> list[RejectedRecord]:
    rows = connection.execute(
        """
        select record_number, column_name, rejected_value, reason
        from raw.rejected_records
        where report_id = ? and not list_contains(?, reason)
        order by record_number
        limit ?
        """,
        [report_id, HARMLESS, EXAMPLES_SHOWN],
    ).fetchall()
    return [RejectedRecord(*row) for row in rows]


def _harmless_count(connection: duckdb.DuckDBPyConnection, report_id: str) -> int:
    return number_of(
        connection,
        "select count(*) from raw.rejected_records where report_id = $report_id and list_contains($harmless, reason)",
        {"report_id": report_id, "harmless": HARMLESS},
    )


def _notes(report: ReportFormat, declaration: Declaration) -> list[str]:
    if report.encoding.startswith("utf") or declaration.encoding is not None:
        return []
    return [
        f"it is not in UTF-8, and was read as {report.encoding}. If letters look wrong: make withdraw"
        " REPORT=…, then make build AGAIN=1 ENCODING=…"
    ]


def _in_utf8(text: Path, report: ReportFormat, folder: Path) -> Path:
    """The report from its header on, in UTF-8, under a name in which DuckDB finds no pattern whatever its own is."""
    plain = folder / "plain.csv"
    if report.encoding != "utf-8" or report.start:
        transcode(text, report.encoding, plain, report.start)
    else:
        plain.symlink_to(text.resolve())
    return plain


def _stage(connection: duckdb.DuckDBPyConnection, plain: Path, report: ReportFormat) -> Rows:
    """Read the file into the temporary tables ``staged`` (columns c0, c1, …), ``malformed`` and ``misread``.

    Raises:
        ReportRefused: DuckDB read another number of records than there are.
    """
    count = count_rows(plain, report)
    before = Rows(0)
    if count.delimiters > count.rows * (len(report.header) - 1) + MAX_FIELDS_TOO_MANY:
        before = examine_rows(plain, report, ())
        if before.oversized:
            shortened = plain.with_name("narrowed.csv")
            without_oversized(plain, report, shortened, before.oversized)
            plain = shortened
    try:
        faults = _read(connection, plain, report)
        staged = number_of(connection, "select count(*) from staged")
        rows = Rows(staged)
        is_regular = count == RowCount(staged + 1, (staged + 1) * (len(report.header) - 1))
        if faults or not is_regular:
            rows = examine_rows(plain, report, faults)
        # A header with a line break inside makes DuckDB take another one for the end of lines than there is.
        is_mixed = len(rows.ends) > 1 or report.header_lines > 1
    except duckdb.InvalidInputException:
        is_mixed = True
    if is_mixed:
        # As where reports of two programs were pasted together. DuckDB says so, or takes one end for a text.
        mended = plain.with_name("mended.csv")
        with_one_line_end(plain, report, mended)
        plain = mended
        faults = _read(connection, plain, report)
        staged = number_of(connection, "select count(*) from staged")
        rows = examine_rows(plain, report, faults)
    if rows.oversized:
        shortened = plain.with_name("shortened.csv")
        without_oversized(plain, report, shortened, rows.oversized)
        faults = _read(connection, shortened, report)
        staged = number_of(connection, "select count(*) from staged")
        lines = {number: rows.lines[number] for number in rows.oversized}
        others = examine_rows(shortened, report, faults)
        rows = replace(others, oversized=rows.oversized, lines=others.lines | lines)
    rows = replace(rows, oversized=rows.oversized | before.oversized, lines=rows.lines | before.lines)
    if rows.record_count != staged + len(faults):
        raise ReportRefused(
            f"it holds {rows.record_count:,} records, but only {staged + len(faults):,} can be told apart. Cure: see"
            f" whether a double quote is not closed: row {rows.longest:,} takes the most lines."
        )
    misread = {row: REASONS["STRAY QUOTES"] for row in rows.stray} | {
        row: REASONS["TOO MANY COLUMNS"] for row in rows.wide
    }
    misread = {row: reason for row, reason in misread.items() if row not in faults}
    # Statements that are planned for nothing are half of the time that a small file takes.
    connection.execute(*((STAGE_MALFORMED, {"blank": rows.blank}) if faults else (NONE_MALFORMED,)))
    if misread:
        found = {"blank": rows.blank, "rows": list(misread), "reasons": list(misread.values())}
        connection.execute(STAGE_MISREAD, found)
    else:
        connection.execute(NONE_MISREAD)
    return rows


def _read(connection: duckdb.DuckDBPyConnection, plain: Path, report: ReportFormat) -> set[int]:
    """Let DuckDB read the file; returns the numbers of the rows that it rejects."""
    names = [f"c{index}" for index in range(len(report.header))]
    columns = "{" + ", ".join(f"'{name}': 'varchar'" for name in names) + "}"
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    connection.execute(STAGE.format(columns=columns, names=names), {"path": str(plain), "delimiter": report.delimiter})
    return {row[0] for row in connection.execute("select distinct line from reject_errors").fetchall()}


def _refuse_other_columns(connection: duckdb.DuckDBPyConnection, report: ReportFormat) -> None:
    """Refuse a report to which another one was pasted whose columns stand in another order.

    Raises:
        ReportRefused: from some record on the fields are others than the header says.
    """
    columns = ("date", "category", "action") if report.is_of_activities else IDENTIFYING_COLUMNS
    fields = [f"c{report.columns[column]}" for column in columns if column in report.columns]
    titles = [name for names in report.kind.aliases.values() for name in names]
    # No title begins with a digit, and nearly every field of the first column does.
    tests = [f"({fields[0]} < '0' or {fields[0]} >= ':')"]
    tests += [f"list_contains($titles, lower(trim(replace({field}, '_', ' '), e' \t\ufeff')))" for field in fields]
    are_titles = " and ".join(tests)
    if not number_of(connection, f"select count(*) from staged where {are_titles}", {"titles": titles}):
        return
    same = " and ".join(f"trim(c{index}, e' \t\ufeff') = $title{index}" for index in range(len(report.header)))
    row = connection.execute(
        f"{_numbered(connection)} select min(record_number) from numbered where {are_titles} and not ({same})",
        {"titles": titles, **{f"title{index}": title for index, title in enumerate(report.header)}},
    ).fetchone()
    if row and row[0] is not None:
        raise ReportRefused(
            f"its record {row[0]:,} is the header of another report, whose columns are not the same. Cure: make two"
            " files of it, each with its own header."
        )


def _stage_forgotten(connection: duckdb.DuckDBPyConnection, report: ReportFormat, known: Remembered | None) -> Names:
    """Find the staged records of people who were forgotten, and take their names out of those of others.

    The first go to the temporary table ``forgotten`` by their number. Only these records tell the names, which the
    warehouse no longer knows.
    """
    connection.execute("create or replace temp table forgotten (record_number bigint)")
    if known is None:
        return Names()
    columns = {column: f"c{index}" for column, index in report.columns.items()}
    first, last, email = (columns.get(column, "null") for column in ("first_name", "last_name", "email"))
    theirs = known.is_theirs(columns.get("user_id", "null"), email)
    people = connection.execute(
        f"select distinct {first}, {last}, {email} from staged where {theirs}", known.parameters
    ).fetchall()
    connection.execute(
        f"insert into forgotten {_numbered(connection)} select record_number from numbered where {theirs}",
        known.parameters,
    )
    names = names_of([person[:2] for person in people], [person[2] for person in people])
    for index in range(len(report.header)):
        column = next((column for column, place in report.columns.items() if place == index), "")
        named = names.is_in(f"c{index}", column)
        if named != "false":
            # In place, so that the row ids go on following the file.
            connection.execute(f"update staged set c{index} = {names.scrubbed(f'c{index}', column)} where {named}")
    return names


def _numbered(connection: duckdb.DuckDBPyConnection) -> str:
    return NUMBERED if number_of(connection, "select count(*) from malformed") else NUMBERED_WHOLE


def _land_records(
    connection: duckdb.DuckDBPyConnection, report_id: str, report: ReportFormat, destination: Destination
) -> int:
    """Move the staged records that have what they must have to their table; returns how many."""
    texts = [f"c{report.columns[column]}" if column in report.columns else "null" for column in report.kind.aliases]
    parameters: dict[str, object] = {"report_id": report_id}
    extra_columns = "null"
    if report.extra:
        pairs = []
        for index in report.extra:
            pairs.append(f"$title{index}, c{index}")
            parameters[f"title{index}"] = report.header[index]
        extra_columns = f"json_object({', '.join(pairs)})"
    columns = ", ".join(("$report_id", "record_number", *texts, extra_columns, *destination.columns))
    return number_of(
        connection,
        f"""
        insert into {destination.table}
        {_numbered(connection)},
        judged as (
            select *, {destination.essence} as essence from numbered
        )
        select {columns}
        from judged
        where
            essence is not null
            and record_number not in (select record_number from misread)
            and record_number not in (select record_number from forgotten)
        """,
        parameters,
    )


def _land_malformed(
    connection: duckdb.DuckDBPyConnection,
    report_id: str,
    report: ReportFormat,
    rows: Rows,
    known: Remembered | None,
    names: Names,
) -> None:
    """Set aside the records that could not be taken apart."""
    rejected: list[tuple[int, str | None, str, str | None]] = []
    for row_number, record_number, error_type, column, message, text in connection.execute(
        "select row_number, record_number, error_type, column_name, error_message, record_text from malformed"
    ).fetchall():
        if row_number in rows.oversized:
            error_type, column, text = "LINE SIZE OVER MAXIMUM", None, rows.oversized[row_number]
        reason = REASONS.get(error_type, f"{message} Cure: mend the line or download the report again.")
        if row_number in rows.broken:
            # DuckDB would put question marks in the place of the bytes.
            fields, text = rows.broken[row_number]
            reason = f"it is not in {report.encoding}: {_broken_byte(fields, report)}. Cure: save it as 'CSV UTF-8'."
            if report.encoding != "utf-8":
                text = without_stops(text)
            # One by one, for two of them may be a letter of UTF-8.
            text = BROKEN_BYTE.sub(lambda byte: f"\\x{ord(byte.group()) - 0xDC00:02x}", text)
        swallowed = rows.lines.get(row_number, 1) - 1
        if error_type in ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM") and swallowed:
            reason += f" It swallows {swallowed} more lines, which are not landed either."
        title = report.header[int(column[1:])] if column and column[1:].isdigit() else None
        kept = (text or "").strip("\r\n")
        if known is not None and (
            known.is_one_of(kept, report.delimiter) or without_names(connection, names, kept) != kept
        ):
            reason, kept = NAMED_REASON, None
        rejected.append((record_number, title, reason, kept))
    if not rejected:
        return
    connection.execute(
        """
        insert into raw.rejected_records
        select $1, unnest($2::bigint[]), unnest($3::varchar[]), null, unnest($4::varchar[]), unnest($5::varchar[])
        """,
        [report_id, *(list(column) for column in zip(*rejected, strict=True))],
    )


def _broken_byte(fields: list[str], report: ReportFormat) -> str:
    """Which byte of a record has no meaning."""
    for title, text in zip(report.header, fields, strict=False):
        if found := BROKEN_BYTE.search(text):
            # That of UTF-16 would be counted with its mark.
            codec = report.encoding + ("-le" if report.encoding in ("utf-16", "utf-32") else "")
            before = len(text[: found.start()].encode(codec))
            return f"byte {before + 1} of {title} is 0x{ord(found.group()) - 0xDC00:02X}"
    return "a byte beyond its last column has no meaning"


def _land_unfit(
    connection: duckdb.DuckDBPyConnection, report_id: str, report: ReportFormat, destination: Destination
) -> None:
    """Set aside the records that DuckDB took apart though they are not sound, and those without what they must have."""
    fields = ", ".join(f"c{index}" for index in range(len(report.header)))
    faults = [Fault("misread_reason is not null", "misread_reason"), *destination.faults]
    titles = {f"fault{number}": fault.column for number, fault in enumerate(faults)}

    def of_first(texts: list[str]) -> str:
        return f"case fault {' '.join(f'when {number} then {text}' for number, text in enumerate(texts))} end"

    connection.execute(
        f"""
        insert into raw.rejected_records
        {_numbered(connection)},
        judged as (
            select numbered.*, misread.reason as misread_reason
            from numbered left join misread on numbered.record_number = misread.record_number
        ),
        faulty as (
            select
                *,
                case {" ".join(f"when {fault.test} then {number}" for number, fault in enumerate(faults))} end as fault
            from judged
            where
                (misread_reason is not null or {destination.essence} is null)
                and record_number not in (select record_number from forgotten)
        )
        select
            $report_id,
            record_number,
            {of_first([f"${title}" for title in titles])},
            {of_first([fault.value for fault in faults])},
            {of_first([fault.reason for fault in faults])},
            to_json([{fields}])::varchar
        from faulty
        """,
        {"report_id": report_id, **titles},
    )


def _land_forgotten(connection: duckdb.DuckDBPyConnection, report_id: str) -> None:
    """Set aside the records of people who were forgotten, and of each no more than that it was there."""
    connection.execute(
        "insert into raw.rejected_records select $report_id, record_number, null, null, $reason, null from forgotten",
        {"report_id": report_id, "reason": REASON},
    )


def _land_manifest(
    connection: duckdb.DuckDBPyConnection,
    report_id: str,
    file: ReportFile,
    seen: Survey,
    report: ReportFormat,
    declaration: Declaration,
    destination: Destination,
    names: Names,
) -> tuple[int, int]:
    """Write the file's row in the manifest, from what really lies in the tables; returns landed and rejected.

    Raises:
        ReportRefused: what was read and what lies in the tables differ, which would be a defect of the loader.
    """
    measures = "".join(f", {measure}" for measure in destination.measures.values())
    counts = connection.execute(
        f"""
        select
            (select count(*) from staged) + (select count(*) from malformed),
            (select count(*) from raw.rejected_records where report_id = $report_id),
            count(*){measures}
        from {destination.table}
        where report_id = $report_id
        """,
        {"report_id": report_id},
    ).fetchone()
    record_count, rejected, landed, *measured = counts or (0, 0, 0)
    if landed + rejected != record_count:
        raise ReportRefused(
            f"{record_count} records were read but {landed} landed and {rejected} rejected: a defect of the loader;"
            " nothing was changed. Cure: please report it with the file's header."
        )
    is_theirs = 0 < record_count == number_of(connection, "select count(*) from forgotten")
    row = {
        "report_id": report_id,
        "file_name": without_names(connection, names, file.name, is_theirs=is_theirs),
        "file_sha256": seen.sha256,
        "file_bytes": seen.byte_count,
        "file_format": file.file_format,
        "site_id": declaration.site_id,
        "time_zone": declaration.time_zone,
        "delimiter": report.delimiter,
        "encoding": report.encoding,
        "header": list(report.header),
        "known_columns": list(report.columns),
        "missing_columns": report.missing,
        "renamed_columns": report.renamed,
        "extra_columns": [report.header[index] for index in report.extra],
        "record_count": record_count,
        "landed_count": landed,
        "rejected_count": rejected,
        **destination.facts,
        **dict(zip(destination.measures, measured, strict=True)),
    }
    places = ", ".join("?" * len(row))
    connection.execute(
        f"insert into {destination.manifest} ({', '.join(row)}, loaded_at) values ({places}, now()::timestamp)",
        list(row.values()),
    )
    return landed, rejected


@contextmanager
def _progress_of(connection: duckdb.DuckDBPyConnection, show: Callable[[float], None]) -> Iterator[None]:
    """Show how far the statement that runs inside has come, from 0 to 1, four times a second."""
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(0.25):
            show(max(0.0, connection.query_progress()) / 100)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _in_plain_words(error: duckdb.Error) -> str:
    said = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"it takes more memory than DuckDB may use. Cure: a higher MEMORY_LIMIT. ({said})"
    return f"{said} Cure: download it again."
