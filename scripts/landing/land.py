"""Land reports in the warehouse, and lose nothing.

Every record of every file ends in ``raw.activities`` or ``raw.users`` word for word, or in ``raw.rejected_records``
with the reason. One file is one transaction, and the same bytes are never landed twice. Landing knows how a report is
written (``reports.format``), lets it be taken apart (``reports.staged``), knows where its kind lands
(``landing.destinations``), and nothing of what its records mean.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
from rich.progress import Progress

from landing.destinations import BLANK_REASON, HEADER_REASON, Destination, Fault, destination_of
from landing.forgotten import NAMED_REASON, REASON, Names, Remembered, names_of, remembered, without_names
from reports.encoding import Survey, encoding_of, survey
from reports.files import ReportFile, reports_in, unreadable
from reports.format import ACTIVITY_REPORT, BROKEN_BYTE, ReportFormat, ReportRefused, read_format, without_stops
from reports.rows import Rows
from reports.staged import REASONS, numbered, refuse_other_columns, stage
from warehouse.database import RAW_TABLES, number_of, path_of, transaction
from warehouse.errors import WarehouseError, disk_trouble, in_words

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

    What a killed loader left there goes when the warehouse is opened (``warehouse.database.connect``).
    """
    warehouse = path_of(connection)
    if warehouse is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    spool = Path(f"{warehouse}.landing")
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
        rows = stage(connection, text, report, folder)
    refuse_other_columns(connection, report)
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
        f"insert into forgotten {numbered(connection)} select record_number from numbered where {theirs}",
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
        {numbered(connection)},
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
        {numbered(connection)},
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
