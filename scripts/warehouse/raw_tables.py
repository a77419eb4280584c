"""Create the tables of the schema raw (``raw_tables.sql``); those of an older version are upgraded (``older``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import duckdb

from warehouse.copies import refuse_a_copy
from warehouse.database import connect, execute_again, opened, transaction
from warehouse.older import RawSchema, raw_schema_of, upgrade

RAW_TABLES = Path(__file__).with_name("raw_tables.sql").read_text(encoding="utf-8")
# What a new warehouse needs of it: to look for what an older version left takes a third of the time.
NEW_TABLES = "\n".join(re.findall(r"^create .*?;$", RAW_TABLES, re.DOTALL | re.MULTILINE))
WANTED = frozenset(re.findall(r"create (?:table|view) if not exists raw\.(\w+)", RAW_TABLES))


def _is_of_today(found: RawSchema) -> bool:
    return not found.is_older and found.tables.keys() >= WANTED


def prepare_raw(connection: duckdb.DuckDBPyConnection, *, is_begun: bool = False) -> None:
    """Create what the schema raw lacks, and bring what an older version left into today's form, all or nothing.

    Args:
        connection: the warehouse.
        is_begun: whether the caller has begun a transaction, which ends it all.
    """
    found = raw_schema_of(connection)
    if _is_of_today(found):
        return
    refuse_a_copy(connection, found.main_tables)
    # At once, because a file waits for the disk after each statement.
    with nullcontext() if is_begun else transaction(connection):
        if found.tables:
            upgrade(connection, found, RAW_TABLES)
        else:
            execute_again(connection, NEW_TABLES)


def create_raw(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema raw in a new file. To look what is there before takes 8 ms."""
    with transaction(connection):
        execute_again(connection, NEW_TABLES)


@contextmanager
def raw_to_read(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse for reading, as several commands may at once; an older one is brought into today's form before.

    Raises:
        WarehouseError: it is in use, damaged, or cannot be opened.
    """
    with opened(warehouse) as connection:
        is_of_today = _is_of_today(raw_schema_of(connection))
    if not is_of_today:
        with connect(warehouse) as connection:
            prepare_raw(connection)
    with opened(warehouse) as connection:
        yield connection


def columns_of_raw(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """The columns of a table of the schema raw, each with its type."""
    return connection.execute(f"select name, type from pragma_table_info('raw.{table}')").fetchall()
