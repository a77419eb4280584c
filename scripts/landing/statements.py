"""The statements that bring a staged report into the schema raw: records, rejected ones, manifest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from landing.destinations import Destination
from landing.faults import Fault
from landing.forgotten import remember_moved
from landing.held import NotPlain, Part
from landing.left_out import NAMED_REASON, REASON, Forgotten
from landing.outcome import Declaration, Landing, RejectedRecord
from landing.pasted import FEWEST, found_copies, notes_of_copies
from landing.scrubbing import without_names
from landing.times import usual_end
from landing.zones import notes_of_clock_changes
from reports.encoding import Survey
from reports.files import ReportFile
from reports.format import ReportFormat
from reports.rows import Rows
from reports.scan import Scan
from reports.staged import KINDS, REASONS, SWALLOWING, numbered
from reports.text import BROKEN_BYTE, ReportRefused, without_stops
from warehouse.database import number_of, text_of
from warehouse.raw import Span, Stored, store_records
from warehouse.rejections import HARMLESS, Kind

EXAMPLES_SHOWN = 5


@dataclass(frozen=True)
class Staged:
    """A report that was taken apart, with all that was found out about it; its records are in temporary tables.

    If the report holds an earlier one, these are the other records, and the part is the earlier one.
    """

    file: ReportFile
    seen: Survey
    declaration: Declaration
    report: ReportFormat
    rows: Rows
    scan: Scan
    destination: Destination
    forgotten: Forgotten
    notes: list[str]
    part: Part | None = None
    was_removed: bool = False
    is_plain: bool = False

    @property
    def report_id(self) -> str:
        """The id of the report: the beginning of its hash."""
        return self.seen.sha256[:16]

    @property
    def staged_count(self) -> int:
        """The records that could be read, now or in the earlier report."""
        return self.rows.staged_count + (self.part.held.count if self.part else 0)


def write_report(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Landing:
    """Write a staged report to the schema raw, in the transaction of the caller.

    Raises:
        ReportRefused: a record would be lost, or would count twice.
        NotPlain: it holds an earlier report, and a record of the others does not land.
        EqualRecords: the same, and one of them equals one of the earlier report.
    """
    stored = _write_records(connection, staged)
    if staged.part is not None and stored.count < staged.staged_count:
        raise NotPlain
    if staged.rows.malformed_count:
        _write_malformed(connection, staged)
    if stored.count < staged.staged_count:
        _write_unfit(connection, staged)
        if staged.forgotten.record_count:
            _write_forgotten(connection, staged)
    if stored.copies:
        staged = _with_copies_judged(connection, staged, stored)
    if staged.forgotten.moved:
        remember_moved(connection, staged.declaration.site_id, staged.forgotten.moved)
    landed, rejected = _write_manifest(connection, staged, stored)
    if staged.was_removed:
        connection.execute("delete from raw.removed_reports where file_sha256 = ?", [staged.seen.sha256])
    return Landing(
        path=staged.file.path,
        name=staged.file.shown,
        landed_count=landed,
        new_count=stored.new_count if staged.report.is_of_activities else None,
        unit=staged.report.kind.unit,
        rejected_count=rejected,
        harmless_count=_harmless_count(connection, staged.report_id) if rejected else 0,
        examples=_examples(connection, staged.report_id) if rejected else [],
        notes=staged.notes,
    )


def _with_copies_judged(connection: duckdb.DuckDBPyConnection, staged: Staged, stored: Stored) -> Staged:
    """The report with what is to be said of its equal records.

    Raises:
        ReportRefused: they would count twice.
        NotPlain: they are too many to judge without the records of the earlier report.
    """
    copies = found_copies(connection, stored.copies, staged.report_id)
    if staged.part is not None and copies.times >= FEWEST:
        raise NotPlain
    said = notes_of_copies(copies, stored.count, staged.declaration)
    return replace(staged, notes=[*staged.notes, *said], is_plain=staged.is_plain and not said)


def _examples(connection: duckdb.DuckDBPyConnection, report_id: str) -> list[RejectedRecord]:
    rows = connection.execute(
        """
        select record_number, column_name, rejected_value, reason
        from raw.rejected_records
        where report_id = ? and not list_contains(?, kind)
        order by record_number
        limit ?
        """,
        [report_id, HARMLESS, EXAMPLES_SHOWN],
    ).fetchall()
    return [RejectedRecord(*row) for row in rows]


def _harmless_count(connection: duckdb.DuckDBPyConnection, report_id: str) -> int:
    return number_of(
        connection,
        "select count(*) from raw.rejected_records where report_id = $report_id and list_contains($harmless, kind)",
        {"report_id": report_id, "harmless": HARMLESS},
    )


def raw_columns_of(report: ReportFormat, destination: Destination) -> str:
    """SQL of the columns of the raw table, made of a staged record and its ``essence``."""
    texts = [f"c{report.columns[column]}" if column in report.columns else "null" for column in report.kind.aliases]
    extra_columns = "null"
    if report.extra:
        pairs = (f"{text_of(report.header[index])}, c{index}" for index in report.extra)
        extra_columns = f"json_object({', '.join(pairs)})"
    return ", ".join(
        f"{value}::{data_type} as {name}"
        for name, value, data_type in (
            *((column, text, "varchar") for column, text in zip(report.kind.aliases, texts, strict=True)),
            ("extra_columns", extra_columns, "varchar"),
            *destination.columns,
        )
    )


def _write_records(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Stored:
    """Move the staged records that have what they must have to their table; returns how many, and how many are new."""
    report, destination, rows = staged.report, staged.destination, staged.rows
    columns = raw_columns_of(report, destination)
    judged = f"{numbered(rows)}, judged as (select *, {destination.essence} as essence from numbered)"
    without_essence, span = _without_essence(connection, staged, judged)
    left_out = ["select record_number from judged where essence is null"] * (without_essence > 0)
    left_out += ["select record_number from misread"] * (rows.misread_count > 0)
    left_out += ["select record_number from forgotten"] * (staged.forgotten.record_count > 0)
    # Found once, because the records are queried several times, and seldom is any left out.
    if left_out:
        connection.execute(f"create or replace temp table left_out as {judged} {' union '.join(left_out)}")
    has_landed = "record_number not in (select record_number from left_out)" if left_out else "true"

    def source(condition: str) -> str:
        return f"""
            {numbered(rows)}
            select record_number, {columns}
            from (
                select *, {destination.essence} as essence from numbered where {has_landed} and {condition}
            ) as judged
        """

    if report.is_of_activities:
        site_id = staged.declaration.site_id
        held = staged.part.held if staged.part else None
        [stored] = store_records(connection, [staged.report_id], site_id, source, span, rows.staged_count, held)
        return stored
    count = number_of(
        connection,
        f"insert into {destination.table} by name"
        f" select {text_of(staged.report_id)} as report_id, * from ({source('true')})",
    )
    return Stored(count, count)


def _without_essence(connection: duckdb.DuckDBPyConnection, staged: Staged, judged: str) -> tuple[int, Span]:
    """How many staged records have not what they must have, and the first and the last time of the others."""
    seen, destination = staged.scan.dates, staged.destination
    if seen is not None and (destination.essence, destination.occurred_at) == (seen.time, "essence"):
        return seen.count - seen.time_count, (seen.first, seen.last)
    count, first, last = connection.execute(
        f"{judged} select count(*) filter (where essence is null), {destination.span} from judged"
    ).fetchone() or (0, None, None)
    return count, (first, last)


@dataclass(frozen=True)
class Malformed:
    """A record that could not be parsed, as DuckDB describes it."""

    row_number: int
    record_number: int
    error_type: str
    column_name: str | None
    error_message: str
    record_text: str | None


def _write_malformed(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Set aside the records that could not be taken apart."""
    found = connection.execute(
        "select row_number, record_number, error_type, column_name, error_message, record_text from malformed"
    ).fetchall()
    rejected = []
    for malformed in (Malformed(*row) for row in found):
        title, reason, text, kind = _rejection(malformed, staged.rows, staged.report)
        is_named = staged.forgotten.is_named_in(connection, text)
        kept = (NAMED_REASON, None, Kind.NAMES_FORGOTTEN) if is_named else (reason, text, kind)
        rejected.append((malformed.record_number, title, *kept))
    if rejected:
        connection.execute(
            """
            insert into raw.rejected_records by name
            select
                $1 as report_id,
                unnest($2::bigint[]) as record_number,
                unnest($3::varchar[]) as column_name,
                unnest($4::varchar[]) as reason,
                unnest($5::varchar[]) as record_text,
                unnest($6::varchar[]) as kind
            """,
            [staged.report_id, *(list(column) for column in zip(*rejected, strict=True))],
        )


def _rejection(malformed: Malformed, rows: Rows, report: ReportFormat) -> tuple[str | None, str, str, Kind]:
    """The column that is at fault, what is wrong, the text of the record, and the kind of what is wrong."""
    shape, column, text = KINDS.get(malformed.error_type), malformed.column_name, malformed.record_text or ""
    size = ""
    if malformed.row_number in rows.oversized:
        shape, column, text = Kind.TOO_LONG, None, rows.oversized[malformed.row_number]
        size = f" It takes {rows.sizes[malformed.row_number]:,} bytes."
    kind = shape or Kind.UNREADABLE
    reason = REASONS.get(kind, f"{malformed.error_message} Fix: correct the line or download the report again.")
    if malformed.row_number in rows.broken:
        kind = Kind.OTHER_ENCODING
        # DuckDB would put question marks in the place of the bytes.
        fields, broken = rows.broken[malformed.row_number]
        reason = f"it is not in {report.encoding}: {_broken_byte(fields, report)}. Fix: save it as 'CSV UTF-8'."
        text = _with_bytes_written_out(broken, report)
    reason += size
    swallowed = rows.lines.get(malformed.row_number, 1) - 1
    if shape in SWALLOWING and swallowed:
        reason += f" It swallows {swallowed} more lines, which are not loaded either."
    title = report.header[int(column[1:])] if column and column[1:].isdigit() else None
    return title, reason, text.strip("\r\n"), kind


def _with_bytes_written_out(text: str, report: ReportFormat) -> str:
    if report.encoding != "utf-8":
        text = without_stops(text)
    # One by one, for two of them may be a letter of UTF-8.
    return BROKEN_BYTE.sub(lambda byte: f"\\x{ord(byte.group()) - 0xDC00:02x}", text)


def _broken_byte(fields: list[str], report: ReportFormat) -> str:
    """Which byte of a record has no meaning."""
    for title, text in zip(report.header, fields, strict=False):
        if found := BROKEN_BYTE.search(text):
            # That of UTF-16 would be counted with its mark.
            codec = report.encoding + ("-le" if report.encoding in ("utf-16", "utf-32") else "")
            before = len(text[: found.start()].encode(codec))
            return f"byte {before + 1} of {title} is 0x{ord(found.group()) - 0xDC00:02X}"
    return "a byte beyond its last column has no meaning"


def _write_unfit(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Set aside the records that DuckDB took apart though they are not sound, and those without what they must have."""
    destination = staged.destination
    fields = ", ".join(f"c{index}" for index in range(len(staged.report.header)))
    is_any_misread = staged.rows.misread_count > 0
    misread = [
        Fault(kind, f"misread_kind = '{kind}'", text_of(REASONS[kind]))
        for kind in (Kind.STRAY_QUOTE, Kind.TOO_MANY_FIELDS)
        if is_any_misread
    ]
    faults = [*misread, *destination.faults]
    kinds = "left join misread on numbered.record_number = misread.record_number" if is_any_misread else ""
    is_another = "record_number not in (from forgotten)" if staged.forgotten.record_count else "true"
    titles = {f"fault{number}": fault.column for number, fault in enumerate(faults)}
    # Where somebody was forgotten, a record whose id is lost may be theirs.
    lost = (Kind.LOST_ID, Kind.SHORTENED_ID) if staged.forgotten.known is not None else ()
    hidden = [number for number, fault in enumerate(faults) if fault.kind in lost]
    is_shown = f"fault not in ({', '.join(map(str, hidden))})" if hidden else "true"

    def of_first(texts: list[str]) -> str:
        return f"case fault {' '.join(f'when {number} then {text}' for number, text in enumerate(texts))} end"

    connection.execute(
        f"""
        insert into raw.rejected_records by name
        {numbered(staged.rows)},
        judged as (
            select numbered.*{", misread.kind as misread_kind" if is_any_misread else ""} from numbered {kinds}
        ),
        faulty as (
            select
                *,
                case {" ".join(f"when {fault.test} then {number}" for number, fault in enumerate(faults))} end as fault
            from judged
            where
                ({"misread_kind is not null or" if is_any_misread else ""} {destination.essence} is null)
                and {is_another}
        )
        select
            $report_id as report_id,
            record_number,
            {of_first([f"${title}" for title in titles])} as column_name,
            case when {is_shown} then {of_first([fault.value for fault in faults])} end as rejected_value,
            {of_first([fault.reason for fault in faults])} as reason,
            case when {is_shown} then to_json([{fields}])::varchar end as record_text,
            {of_first([text_of(fault.kind) for fault in faults])} as kind,
            {of_first([fault.day for fault in faults])} as impossible_date
        from faulty
        """,
        {"report_id": staged.report_id, **titles},
    )


def _write_forgotten(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Set aside the records of people who were forgotten, and of each no more than that it was there."""
    connection.execute(
        "insert into raw.rejected_records by name"
        " select $report_id as report_id, record_number, $reason as reason, $kind as kind from forgotten",
        {"report_id": staged.report_id, "reason": REASON, "kind": Kind.FORGOTTEN},
    )


def columns_of_form(report: ReportFormat, declaration: Declaration) -> dict[str, object]:
    """The columns of the manifest that reports of one form share."""
    return {
        "site_id": declaration.site_id,
        "time_zone": declaration.time_zone,
        "delimiter": report.delimiter,
        "encoding": report.encoding,
        "header": list(report.header),
        "known_columns": list(report.columns),
        "missing_columns": report.missing,
        "renamed_columns": report.renamed,
        "extra_columns": [report.header[index] for index in report.extra],
    }


def _write_manifest(connection: duckdb.DuckDBPyConnection, staged: Staged, stored: Stored) -> tuple[int, int]:
    """Write the file's row in the manifest, from what is really in the tables; returns landed and rejected.

    Raises:
        ReportRefused: the records that were read and those in the tables differ, which would be a defect of the loader.
    """
    report, destination, declaration = staged.report, staged.destination, staged.declaration
    measures = "".join(f", {measure}" for measure in destination.measures.values())
    landed, rejected, *measured = connection.execute(
        f"""
        select count(*), (select count(*) from raw.rejected_records where report_id = $report_id){measures}
        from {stored.records if report.is_of_activities else f"{destination.table} where report_id = $report_id"}
        """,
        {"report_id": staged.report_id},
    ).fetchone() or (0, 0)
    if staged.part is not None:
        places = f"select count(*) from raw.report_records where report_number = {stored.number}"
        landed += number_of(connection, places) - staged.rows.staged_count
        measured = staged.part.joined(measured)
    record_count = staged.staged_count + staged.rows.malformed_count
    if landed + rejected != record_count:
        raise ReportRefused(
            f"{record_count} records were read but {landed} landed and {rejected} rejected: a defect of the loader;"
            " nothing was changed. Fix: please report it with the file's header."
        )
    is_theirs = 0 < record_count == staged.forgotten.record_count
    row = {
        "report_id": staged.report_id,
        "file_name": without_names(connection, staged.forgotten.names, staged.file.name, is_theirs=is_theirs),
        "file_sha256": staged.seen.sha256,
        "file_bytes": staged.seen.byte_count,
        "file_format": staged.file.file_format,
        **columns_of_form(report, declaration),
        "record_count": record_count,
        "landed_count": landed,
        "rejected_count": rejected,
        **destination.manifest_columns,
        **dict(zip(destination.measures, measured, strict=True)),
    }
    if report.is_of_activities:
        staged.notes.extend(notes_of_clock_changes(row["nonexistent_hour_count"], row["doubled_hour_count"]))
        times = f"select occurred_at from {destination.table} where report_id = '{staged.report_id}'"
        first, last = row["first_occurred_at"], row["last_occurred_at"]
        row["usual_last_occurred_at"] = usual_end(connection, times, first, last)
        row["is_plain"] = staged.is_plain
    places = ", ".join("?" * len(row))
    connection.execute(
        f"insert into {destination.manifest} ({', '.join(row)}, loaded_at) values ({places}, now()::timestamp)",
        list(row.values()),
    )
    return landed, rejected
