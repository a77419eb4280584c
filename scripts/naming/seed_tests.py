"""Run dbt's tests of a seed over its lines in DuckDB, and say which line breaks which rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

import duckdb

from naming.seed_rules import Column, RowTest, Rules
from warehouse.database import rows_by_column

# A name that no column has.
LINE = "line_of_the_file"


@dataclass(frozen=True)
class Broken:
    """A line that breaks a rule, and what to say of it."""

    line: int
    text: str
    is_blank: bool = False


def broken_rules(rules: Rules, rows: Mapping[int, Sequence[str]]) -> list[Broken]:
    """The lines that break a rule, in their order; a blank that breaks another rule too is said once.

    A rule that DuckDB cannot run on the file alone is left to dbt.
    """
    if not rules.tests or not rows:
        return []
    found: dict[int, list[Broken]] = {}
    with suppress(duckdb.Error), as_table(rules.columns, rows) as connection:
        for test in rules.tests:
            with suppress(duckdb.Error):
                for broken in broken_by(connection, test, rules.columns):
                    found.setdefault(broken.line, []).append(broken)
    said = [broken for line in sorted(found) for broken in dict.fromkeys(found[line])]
    return [broken for broken in said if not broken.is_blank or found[broken.line] == [broken]]


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for all files, because starting one costs more than the check of a file; a few lines need one thread."""
    return duckdb.connect(config={"threads": 1})


@contextmanager
def as_table(columns: Sequence[Column], rows: Mapping[int, Sequence[str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lines of a file as the table ``seed``, with the number of each."""
    names = ", ".join(f'"{column.name}" {column.type}' for column in columns)
    marks = ", ".join("?" * (len(columns) + 1))
    with _database().cursor() as connection:
        connection.execute(f"create or replace temp table seed ({LINE} integer, {names})")
        connection.executemany(
            f"insert into seed values ({marks})",
            [[line, *(value or None for value in row)] for line, row in rows.items()],
        )
        yield connection


def broken_by(connection: duckdb.DuckDBPyConnection, test: RowTest, columns: Sequence[Column]) -> list[Broken]:
    """The lines of the table ``seed`` that break a rule."""
    about = _columns_of(" ".join([test.sql if test.kind == "expectation" else "", *test.columns]), columns)
    if test.kind == "unique":
        return [
            Broken(line, f"{_values(row, about)}, as in line {first}. Fix: keep one of the two lines.")
            for line, first, row in _repeated(connection, test)
        ]
    found = list(_found(connection, test))
    if test.kind == "not_null":
        either = " or ".join(column.in_words for column in about)
        return [Broken(line, f"{either} is blank. Fix: fill it in.", is_blank=True) for line, _ in found]
    return [
        Broken(line, f"{_values(row, about)}. That breaks the rule: {test.in_words}. Fix: correct the line.")
        for line, row in found
    ]


def _repeated(connection: duckdb.DuckDBPyConnection, test: RowTest) -> Iterable[tuple[int, int, dict[str, object]]]:
    grain = ", ".join(test.columns)
    given = " and ".join(f"({one}) is not null" for one in test.columns)
    query = (
        f"select *, min({LINE}) over (partition by {grain}) as first_line from seed where {given}"
        f" qualify {LINE} > first_line"
    )
    for row in rows_by_column(connection, query):
        yield int(str(row[LINE])), int(str(row["first_line"])), row


def _found(connection: duckdb.DuckDBPyConnection, test: RowTest) -> Iterable[tuple[int, dict[str, object]]]:
    query = {
        "not_null": f"select * from seed where ({' '.join(test.columns)}) is null",
        # A rule may look at all lines, by a window.
        "expectation": f"from (select *, coalesce({test.sql}, false) as holds from seed) where not holds",
        "test": f"select * from ({test.sql})",
    }[test.kind]
    for row in rows_by_column(connection, query):
        if LINE in row:
            yield int(str(row[LINE])), row


def _columns_of(sql: str, columns: Sequence[Column]) -> list[Column]:
    words = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", sql)))
    return [column for column in columns if column.name in words]


def _values(row: Mapping[str, object], columns: Sequence[Column]) -> str:
    said = (
        f"{column.in_words} is blank" if row.get(column.name) is None else f"{column.in_words} is `{row[column.name]}`"
        for column in columns
    )
    *first, last = list(said) or ["it"]
    return f"{', '.join(first)} and {last}" if first else last
