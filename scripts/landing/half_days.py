"""A clock of 12 hours that has lost its AM and PM."""

from __future__ import annotations

import duckdb

from reports.dates import TIMES_NEEDED
from reports.format import ReportFormat
from reports.scan import Scan, is_of_half_day

# In seconds. Nothing happens for so long around noon at the most.
HALF_DAY, LONGEST_BREAK = 12 * 3600, 3 * 3600


def notes_of_half_days(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, time: str, scan: Scan
) -> tuple[str, ...]:
    """What is said of a clock of 12 hours without AM and PM: the file goes on in time, and back by half a day at noon.

    Args:
        connection: the warehouse.
        report: how it is written.
        time: SQL of a time as the report has it.
        scan: what a scan of it found.
    """
    seen = scan.dates
    # Without the scan, which sees dates of the usual form alone, a report takes a twentieth longer.
    if seen is None or not seen.is_half_day or seen.count < TIMES_NEEDED:
        return ()
    others = f"select 1 from (select {time} as t from staged) where not {is_of_half_day('hour(t)')} limit 1"
    if connection.execute(others).fetchone():
        return ()
    row = connection.execute(
        f"""
        {scan.numbered},
        times as (select record_number, {time} as t from numbered where t is not null),
        steps as (
            select record_number,
                epoch(t) - epoch(lag(t) over in_file) as step,
                abs(step) between {HALF_DAY - LONGEST_BREAK} and {HALF_DAY} as is_noon
            from times window in_file as (order by record_number)
        )
        select min(record_number) filter (where is_noon) from steps
        having bool_or(is_noon)
        -- the oldest record first, or the newest
        and (bool_and((step < 0) = is_noon) or bool_and((step > 0) = is_noon))
        """
    ).fetchone()
    if row is None:
        return ()
    return (
        f"its column {report.header_of('date')} has no hour 0 and none after 12, and the times of a day jump by"
        f" half a day at noon, at record {row[0]:,}: a 12-hour clock has lost its AM and PM. The afternoons are read as"
        " mornings. Fix: make remove with this report, and load it as it was downloaded",
    )
