"""A word such as NA in every blank field: R and pandas write it so, and a label or a name would be that word."""

from __future__ import annotations

import duckdb

from reports.columns import REQUIRED_COLUMNS
from reports.format import ReportFormat
from warehouse.database import text_of

# What R, pandas, polars and databases write for none, as they write it.
WORDS = ("NA", "NaN", "nan", "null", "NULL", "None", "<NA>", "\\N")
# In a report as it is downloaded some fields of these are blank.
CONTENT_COLUMNS = ("content_id", "content_name", "content_slug")
OFTEN_BLANK = ("label", *CONTENT_COLUMNS)


def may_hold_word() -> str:
    """SQL over records with the columns of raw.activities: whether a word may stand for blank fields."""
    blank = " or ".join(f"{column} = ''" for column in OFTEN_BLANK)
    word = " or ".join(f"{column} in ({', '.join(map(text_of, WORDS))})" for column in CONTENT_COLUMNS)
    return f"(not coalesce(bool_or({blank}), false) and coalesce(bool_or({word}), false))"


def read_blanks(connection: duckdb.DuckDBPyConnection, report: ReportFormat) -> list[str]:
    """Make the fields of a staged report blank that a program filled with one word; returns what was done, in words."""
    columns = {column: f"c{report.columns[column]}" for column in OFTEN_BLANK if column in report.columns}
    if not report.is_of_activities or len(columns) < 2 or _has_blank(connection, list(columns.values())):
        return []
    count_of = {(word, column): 0 for word in WORDS for column in columns}
    counts = ", ".join(f"count(*) filter (where {columns[column]} = {text_of(word)})" for word, column in count_of)
    row = connection.execute(f"select {counts} from staged").fetchone() or ()
    found = [key for key, count in zip(count_of, row, strict=True) if count]
    words = {word for word, column in found if column in CONTENT_COLUMNS}
    titles = [report.header_of(column) for word, column in found if word in words]
    if len(words) != 1 or len(titles) < 2:
        return []
    [word] = words
    required = {report.columns[column] for column in REQUIRED_COLUMNS if column in report.columns}
    others = [f"c{place}" for place in range(len(report.header)) if place not in {*required, *report.nameless}]
    if _has_blank(connection, others):
        return []
    emptied = ", ".join(f"{field} = case when {field} = $word then '' else {field} end" for field in others)
    holds = " or ".join(f"{field} = $word" for field in others)
    connection.execute(f"update staged set {emptied} where {holds}", {"word": word})
    return [
        f"none of its fields is blank, and {word!r} is in its columns {', '.join(titles)}. R and pandas write such a"
        f" word for blank fields, so each {word!r} is read as blank. Fix: if people wrote it too, load the report as it"
        " was downloaded"
    ]


def _has_blank(connection: duckdb.DuckDBPyConnection, fields: list[str]) -> bool:
    blank = " or ".join(f"{field} = ''" for field in fields)
    return connection.execute(f"select 1 from staged where {blank} limit 1").fetchone() is not None
