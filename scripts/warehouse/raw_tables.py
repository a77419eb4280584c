"""Create the tables of the schema raw (``raw_tables.sql``), and bring those of an older version into today's form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.copies import refuse_a_copy
from warehouse.database import connect, execute_again, opened, transaction
from warehouse.raw import store_table
from warehouse.rejections import DAY_OF_OLDER, KIND_OF_OLDER

RAW_TABLES = Path(__file__).with_name("raw_tables.sql").read_text(encoding="utf-8")
# What a new warehouse needs of it: to look for what an older version left takes a third of the time.
NEW_TABLES = "\n".join(re.findall(r"^create .*?;$", RAW_TABLES, re.DOTALL | re.MULTILINE))
WANTED = frozenset(re.findall(r"create (?:table|view) if not exists raw\.(\w+)", RAW_TABLES))

# An older warehouse has times with fractions of a second, which the date has too, word for word. The rows are copied,
# because DuckDB can't replay an alter with a function from its log after a kill.
SET_ASIDE_EVENTS = "drop view if exists raw.activities; alter table raw.events rename to older_events"
TAKE_EVENTS_OVER = """
insert into raw.events by name
select * replace (date_trunc('second', occurred_at) as occurred_at) from raw.older_events;
drop table raw.older_events
"""

# An older warehouse has rejected records with a reason alone.
NAME_KINDS = f"""
update raw.rejected_records set kind = {KIND_OF_OLDER}, impossible_date = {DAY_OF_OLDER} where kind is null
"""

# The table of an older warehouse: a row per record of each report, with all its texts.
OLDER_ACTIVITIES = "older_activities"


@dataclass(frozen=True)
class _Form:
    """What a warehouse has of the schema raw.

    Attributes:
        tables: its tables and views, each with which of the two it is.
        has_fractions: whether the times of events have the type of an older version.
        has_newest_column: whether the rejected records have the columns that were added last.
        others: the tables of its schema main.
    """

    tables: dict[str, str]
    has_fractions: bool
    has_newest_column: bool
    others: frozenset[str]

    @property
    def is_by_record(self) -> bool:
        """Whether it has a row per record of each report, as an older version kept them."""
        return self.tables.get("activities") == "table"

    @property
    def is_of_today(self) -> bool:
        """Whether nothing is to be done."""
        return self.has_newest_column and self.tables.keys() >= WANTED and not (self.is_by_record or self.has_fractions)


def prepare_raw(connection: duckdb.DuckDBPyConnection, *, is_begun: bool = False) -> None:
    """Create what the schema raw lacks, and bring what an older version left into today's form, all or nothing.

    Args:
        connection: the warehouse.
        is_begun: whether the caller has begun a transaction, which ends it all.
    """
    form = _form_of(connection)
    if form.is_of_today:
        return
    refuse_a_copy(connection, form.others)
    if not form.tables:
        # At once, because a file waits for the disk after each statement.
        with nullcontext() if is_begun else transaction(connection):
            execute_again(connection, NEW_TABLES)
    else:
        with nullcontext() if is_begun else transaction(connection):
            _bring_over(connection, form)


def create_raw(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema raw in a new file. To look what is there before takes 8 ms."""
    with transaction(connection):
        execute_again(connection, NEW_TABLES)


def _bring_over(connection: duckdb.DuckDBPyConnection, form: _Form) -> None:
    """Bring what an older version left into today's form."""
    if form.is_by_record:
        connection.execute(f"alter table raw.activities rename to {OLDER_ACTIVITIES}")
        connection.execute(RAW_TABLES)
        _store_older_activities(connection)
    elif form.has_fractions:
        connection.execute(SET_ASIDE_EVENTS)
        connection.execute(RAW_TABLES)
        connection.execute(TAKE_EVENTS_OVER)
    else:
        connection.execute(RAW_TABLES)
    connection.execute(NAME_KINDS)


@contextmanager
def raw_to_read(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse for reading, as several commands may at once; an older one is brought into today's form before.

    Raises:
        WarehouseError: it is in use, damaged, or cannot be opened.
    """
    with opened(warehouse) as connection:
        is_of_today = _form_of(connection).is_of_today
    if not is_of_today:
        with connect(warehouse) as connection:
            prepare_raw(connection)
    with opened(warehouse) as connection:
        yield connection


def _form_of(connection: duckdb.DuckDBPyConnection) -> _Form:
    of_this = "where database_name = current_database() and schema_name in ('raw', 'main')"
    # (information_schema makes the views of a catalog first, which takes 6 ms.)
    found = connection.execute(
        f"select schema_name, table_name, 'table', sql from duckdb_tables() {of_this}"
        f" union all select schema_name, view_name, 'view', '' from duckdb_views() {of_this}"
    ).fetchall()
    columns = {table: sql for schema, table, _, sql in found if schema == "raw"}
    tables = {table: kind for schema, table, kind, _ in found if schema == "raw"}
    return _Form(
        tables,
        "occurred_at TIMESTAMP " in columns.get("events", ""),
        # (The view is of Parquet files, which have all columns.)
        tables.get("rejected_records") == "view" or " kind VARCHAR" in columns.get("rejected_records", ""),
        frozenset(table for schema, table, *_ in found if schema == "main"),
    )


def columns_of_raw(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """The columns of a table of the schema raw, each with its type."""
    return connection.execute(f"select name, type from pragma_table_info('raw.{table}')").fetchall()


def _store_older_activities(connection: duckdb.DuckDBPyConnection) -> None:
    """Store the records of an older warehouse, report by report in the order of loading."""
    connection.execute(f"alter table raw.{OLDER_ACTIVITIES} add column if not exists time_flag varchar")
    for report_id, site_id in connection.execute(
        "select report_id, site_id from raw.reports order by loaded_at, report_id"
    ).fetchall():
        store_table(connection, f"raw.{OLDER_ACTIVITIES}", report_id, site_id)
    connection.execute(f"drop table raw.{OLDER_ACTIVITIES}")
