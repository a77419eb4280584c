"""A clock of 12 hours that has lost its AM and PM."""

from __future__ import annotations

import duckdb

from reports.dates import TIMES_NEEDED
from reports.format import DEFAULT_DATE_FORMAT, WITH_OFFSET, ReportFormat
from reports.look import FIRST_DATES, Look, is_of_half_day

# In seconds. Nothing happens for so long around noon at the most.
HALF_DAY, LONGEST_BREAK = 12 * 3600, 3 * 3600


def notes_of_half_days(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, time: str, date_format: str, look: Look
) -> tuple[str, ...]:
    """What is said of a clock of 12 hours without AM and PM: the file goes on in time, and back by half a day at noon.

    Args:
        connection: the warehouse.
        report: how it is written.
        time: SQL of a time as the report has it.
        date_format: the format of its dates.
        look: what a look at it found.
    """
    seen = look.dates
    if seen is None or not seen.is_half_day or seen.count < TIMES_NEEDED or date_format == WITH_OFFSET:
        return ()
    others = f"select 1 from (select {time} as t from staged limit {FIRST_DATES}) where not {is_of_half_day('hour(t)')}"
    if date_format != DEFAULT_DATE_FORMAT and connection.execute(f"{others} limit 1").fetchone():
        return ()
    row = connection.execute(
        f"""
        {look.numbered},
        times as (select record_number, {time} as t from numbered where t is not null),
        steps as (
            select record_number, {is_of_half_day("hour(t)")} as is_half_day,
                epoch(t) - epoch(lag(t) over in_file) as step,
                abs(step) between {HALF_DAY - LONGEST_BREAK} and {HALF_DAY} as is_noon
            from times window in_file as (order by record_number)
        )
        select min(record_number) filter (where is_noon) from steps
        having bool_and(is_half_day) and bool_or(is_noon)
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
