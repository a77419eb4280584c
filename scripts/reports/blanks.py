"""A word such as NA in every blank field: programs write it so, and a label or a name would be that word."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from reports.columns import REQUIRED_COLUMNS
from reports.format import ReportFormat
from reports.ids import NULL_SPELLINGS
from warehouse.database import text_of

# Errors such as #REF! are none: they were something.
WORDS = tuple(word for word in NULL_SPELLINGS if not (word[0] == "#" and word[-1] in "!?"))
_LONGEST = max(len(word.encode()) for word in WORDS)
# In a report as it is downloaded some fields of these are blank.
CONTENT_COLUMNS = ("content_id", "content_name", "content_slug")
OFTEN_BLANK = ("label", *CONTENT_COLUMNS)
# The same of a unique users report. (NA is a country.)
OF_USERS = ("company", "title", "job_type", "phone", "city", "state_province", "date_last_login", "tags")


def may_hold_word() -> str:
    """SQL over records with the columns of raw.activities: whether a word may stand for blank fields."""
    word = " or ".join(map(_is_word, CONTENT_COLUMNS))
    blank = " or ".join(f"{column} = ''" for column in OFTEN_BLANK)
    return (
        f"(coalesce(bool_or({word}), false)"
        f" and (not coalesce(bool_or({blank}), false) or coalesce(bool_or({_is_word('label')}), false)))"
    )


def read_blanks(connection: duckdb.DuckDBPyConnection, report: ReportFormat) -> list[str]:
    """Make the fields of a staged report blank that a program filled with a word; returns what was found, in words."""
    wanted, sure = (OFTEN_BLANK, CONTENT_COLUMNS) if report.is_of_activities else (OF_USERS, OF_USERS)
    columns = {column: f"c{report.columns[column]}" for column in wanted if column in report.columns}
    fields = [field for column, field in columns.items() if column in sure]
    if not fields:
        return []
    required = {report.columns[column] for column in REQUIRED_COLUMNS if column in report.columns}
    others = [f"c{place}" for place in range(len(report.header)) if place not in {*required, *report.nameless}]
    # Nearly every report has blank fields and no label that is such a word: it is not looked through for words.
    has_blank = _holds(connection, (f"{field} = ''" for field in others))
    if has_blank and not ("label" in columns and _holds(connection, [_is_word(columns["label"])])):
        return []
    if not _holds(connection, map(_is_word, fields)):
        return []
    found = ", ".join(f"list(distinct {field}) filter (where {_is_word(field)})" for field in columns.values())
    row = connection.execute(f"select {found} from staged").fetchone() or ()
    words_in = {column: set(words or ()) for column, words in zip(columns, row, strict=True)}
    # pandas writes two of them: nan in a column of numbers, None in one of texts.
    words = sorted(set().union(*(found for column, found in words_in.items() if column in sure)))
    if not any(sum(word in found for found in words_in.values()) > 1 for word in words):
        return []
    titles = [report.header_of(column) for column, found in words_in.items() if not found.isdisjoint(words)]
    shown, where = " or ".join(map(repr, words)), ", ".join(titles)
    if has_blank:
        if words_in.get("label", set()).isdisjoint(words):
            return []
        return [
            f"{shown} is in its columns {where}, as programs write it for blank fields. Other fields are blank, so"
            f" {report.header_of('label')} keeps it as a text. Fix: load the report as it was downloaded"
        ]
    is_word = {field: f"{field} in ({', '.join(map(text_of, words))})" for field in others}
    emptied = ", ".join(f"{field} = case when {test} then '' else {field} end" for field, test in is_word.items())
    connection.execute(f"update staged set {emptied} where {' or '.join(is_word.values())}")
    return [
        f"none of its fields is blank, and {shown} is in its columns {where}. R, pandas and databases write such a"
        " word for blank fields, so it is read as blank. Fix: if people wrote it too, load the report as it"
        " was downloaded"
    ]


def _is_word(field: str) -> str:
    # Nearly every label and name is longer, and need not be looked for.
    return f"(strlen({field}) between 1 and {_LONGEST} and lower({field}) in ({', '.join(map(text_of, WORDS))}))"


def _holds(connection: duckdb.DuckDBPyConnection, tests: Iterable[str]) -> bool:
    return connection.execute(f"select 1 from staged where {' or '.join(tests)} limit 1").fetchone() is not None
