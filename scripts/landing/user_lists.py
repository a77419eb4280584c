"""Whether a list of users is a unique users report, which has one row per user."""

from __future__ import annotations

import duckdb

from reports.columns import ACTIVITY_REPORT, IDENTIFYING_COLUMNS
from reports.format import ReportFormat
from reports.text import ReportRefused
from warehouse.database import number_of

# It has a few double rows: not over one in twenty, or not over three.
DOUBLE_ROWS_IN, FEW_DOUBLE_ROWS = 20, 3
DATE_AND_TIME = "[0-9]{2}[^0-9:].*[0-9]:[0-9]{2}"


def refuse_other_lists(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, who: str, is_unfit: str, numbered: str
) -> None:
    """Refuse a list of something else: its users have several rows that differ.

    Args:
        connection: the warehouse.
        report: how it is written.
        who: SQL of the user of a row.
        is_unfit: SQL for whether a row does not land.
        numbered: a with clause that gives the rows their numbers.

    Raises:
        ReportRefused: it is one.
    """
    if number_of(connection, f"select (count({who}) = count(distinct {who}))::integer from staged") == 1:
        return
    fields = ", ".join(f"c{index}" for index in range(len(report.header)))
    users = f"""
        {numbered},
        written as (
            select {who} as who, min(record_number) as number, {fields} from numbered
            where {who} is not null and not ({is_unfit}) group by all
        )
    """
    row = connection.execute(
        f"""
        {users},
        users as (select count(*) as row_count, list(number order by number)[:2] as numbers from written group by who)
        select sum(row_count), sum(row_count - 1), min(numbers) filter (where row_count > 1) from users
        """
    ).fetchone()
    count, double_count, numbers = row or (0, 0, None)
    if numbers is None or double_count * DOUBLE_ROWS_IN <= count:
        return
    if double_count <= FEW_DOUBLE_ROWS and not _are_events(connection, report, users):
        return
    known = " and ".join(report.header_of(column) for column in IDENTIFYING_COLUMNS if column in report.columns)
    raise ReportRefused(
        f"its header has {known} and no column of an activity report, as a unique users report has, but"
        f" {double_count:,} of its {count:,} rows are of a user of an earlier row, such as records {numbers[0]:,} and"
        f" {numbers[1]:,}. Fix: if it is an activity report, download it again and leave its first line as it is, or"
        f" name its columns {', '.join(map(ACTIVITY_REPORT.headline, ACTIVITY_REPORT.aliases))}; move it to another"
        " folder, if it is a list of something else; or keep one row per user."
    )


def _are_events(connection: duckdb.DuckDBPyConnection, report: ReportFormat, users: str) -> bool:
    """Whether most columns are unknown, and one of them has several times of one user."""
    if len(report.extra) <= len(report.columns):
        return False
    times = (f"case when regexp_matches(c{index}, '{DATE_AND_TIME}') then c{index} end" for index in report.extra)
    several = " or ".join(f"count(distinct {time}) > 1" for time in times)
    return (
        number_of(connection, f"{users} select count(*) from (select 1 from written group by who having {several})") > 0
    )
