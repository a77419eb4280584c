"""Why records do not land, as SQL over the columns c0, c1, … of a staged report."""

from __future__ import annotations

from dataclasses import dataclass

from reports.format import ReportFormat
from reports.ids import LOST, LOST_BEGINS, POWER, SHORTENED, cleaned, may_be_rounded
from reports.scan import Scan
from warehouse.database import text_of
from warehouse.rejections import Kind


@dataclass(frozen=True)
class Fault:
    """Why a record does not land.

    Attributes:
        kind: in a word.
        test: SQL for whether it is so.
        reason: SQL of what is wrong and what to do about it.
        column: header of the column that is at fault; None if it is the whole record.
        value: SQL of the text that is at fault.
        day: SQL of the day of its date if a setting may make that possible.
    """

    kind: Kind
    test: str
    reason: str
    column: str | None = None
    value: str = "null"
    day: str = "null"


def no_record(report: ReportFormat) -> list[Fault]:
    """Rows that are no record: blank ones, and the header of a report that was pasted to the end of another."""
    fields = [f"c{index}" for index in range(len(report.header))]
    # Each text in one list: DuckDB prepares the pattern once, which takes longer than to read a small report.
    texts = f"list_transform([{', '.join(fields)}], lambda field: coalesce({cleaned('field')}, ''))"
    blank = f"{cleaned('concat(' + ', '.join(fields) + ')')} is null"
    header = f"{texts} = [{', '.join(map(text_of, report.header))}]"
    return [
        Fault(Kind.BLANK, f"({blank})", "'it is blank: no field of it holds anything.'"),
        Fault(
            Kind.HEADER,
            f"({header})",
            "'it is the header once more: reports were pasted together. Nothing is lost by it.'",
        ),
    ]


def shortened_ids(report: ReportFormat, column: str, scan: Scan) -> list[Fault]:
    """An id that a spreadsheet has shortened or could not show, if any of the column may be one."""
    if column not in scan.odd and column not in scan.rounded:
        return []
    text = f"c{report.columns[column]}"
    # The first search is a hundred times as fast, and nearly always enough.
    is_shortened = f"(contains({text}, '+') and regexp_matches({text}, {text_of(SHORTENED)}))"
    if column in scan.powers:
        is_shortened = f"({is_shortened} or regexp_matches({text}, {text_of(POWER)}))"
    if column in scan.rounded:
        is_shortened = f"({is_shortened} or {may_be_rounded(text)})"
    may_be_lost = " or ".join(f"contains({text}, {text_of(begin)})" for begin in LOST_BEGINS)
    return [
        Fault(
            Kind.LOST_ID,
            f"(({may_be_lost}) and regexp_matches({text}, {text_of(LOST)}))",
            "'a spreadsheet could not show the id, and others may look the same now. Fix: load the report as it was"
            " downloaded.'",
            report.header_of(column),
            text,
        ),
        Fault(
            Kind.SHORTENED_ID,
            is_shortened,
            "'a spreadsheet has shortened the id, and others may look the same now. Fix: load the report as it was"
            " downloaded.'",
            report.header_of(column),
            text,
        ),
    ]
