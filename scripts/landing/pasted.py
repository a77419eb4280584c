"""Downloads that overlap and were put into one file: what two of them hold would count twice.

Equal records of one file are as many activities: a platform that writes down seconds shows two clicks in one so. Such
records stand side by side. Of downloads that were pasted together they stand apart, with a header between them or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from landing.outcome import Declaration
from reports.text import ReportRefused
from warehouse.command_line import counted
from warehouse.rejections import Kind

# So many equal records at different times, with as many others in between, are no clicks. With fewer of them a report
# may repeat what people do: in ten million generated records, 1 in 100 of them out of its order, none stand so.
FEWEST = 20
# Where equal records stand side by side, the user is told from this share of the records on.
SHARE = 0.1


@dataclass(frozen=True)
class Copies:
    """The records of a report that are equal to one before them.

    Attributes:
        count: how many there are.
        times: at how many different times.
        distance: how many records further than the first of them they stand, the median.
        behind: how many of them have the header between them and the first.
        header: the first record that is the header once more; None if there is none.
    """

    count: int
    times: int
    distance: float
    behind: int
    header: int | None

    @property
    def are_pasted(self) -> bool:
        """Whether they are those of several downloads."""
        return self.behind > 0 or self.times >= FEWEST <= self.distance


def found_copies(connection: duckdb.DuckDBPyConnection, copies: str, report_id: str = "") -> Copies:
    """The copies of a report, which are in a table (``Stored.copies``). Its rejected records are known by its id."""
    row = connection.execute(
        f"""
        with headers as (
            select record_number from raw.rejected_records where report_id = $report_id and kind = $header
        )
        select
            count(*),
            count(distinct written_date),
            coalesce(median(record_number - first_number), 0),
            count(*) filter (where first_number < (select max(record_number) from headers
                where record_number < copies.record_number)),
            (select min(record_number) from headers)
        from {copies} as copies
        """,
        {"report_id": report_id, "header": Kind.HEADER},
    ).fetchone()
    return Copies(*row) if row else Copies(0, 0, 0, 0, None)


def notes_of_copies(copies: Copies, record_count: int, declaration: Declaration) -> list[str]:
    """What is said of the copies in a report.

    Raises:
        ReportRefused: they are those of several downloads, and ALLOW_TWINS is not set.
    """
    if copies.are_pasted and not declaration.allows_twins:
        cut = f": record {copies.header:,} is the header of the second" if copies.header else ""
        raise ReportRefused(
            f"{_counted(copies)} in it twice, word for word and far apart: downloads that overlap were put into one"
            " file. They would count twice, so nothing of it was loaded. Fix: load each download as a file of its"
            f" own{cut}. If all of it happened: make build ALLOW_TWINS=1"
        )
    if copies.are_pasted or (copies.times >= FEWEST and copies.count >= SHARE * record_count):
        return [
            f"{_counted(copies)} in it twice, word for word, and each counts. If these are copies: make remove"
            " REPORT=…, then load the report as it was downloaded."
        ]
    return []


def _counted(copies: Copies) -> str:
    return f"{counted(copies.count, 'record')} {'stands' if copies.count == 1 else 'stand'}"
