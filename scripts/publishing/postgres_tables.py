"""The published tables in the words of PostgreSQL: types, keys, indexes, comments.

Names come from the catalogue of the published copy and are quoted by ``identifier``; texts are quoted by ``literal``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from publishing.published_tables import PublishedTable
from warehouse.database import identifier, number_of
from warehouse.errors import WarehouseError

TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TIMESTAMP": "timestamp without time zone",
    "VARCHAR": "text",
}
DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")

# A column with this name, also behind a word such as viewed_, holds a key of the table of marts.
REFERENCES = {
    "user_key": "dim_users",
    "content_key": "dim_content",
    "session_key": "fct_sessions",
    "activity_key": "fct_activities",
    "activity_type": "dim_activity_types",
}

# PostgreSQL cuts a name off here, in bytes.
LONGEST_NAME = 63
# And refuses an entry of an index that is larger than 2,704 bytes.
LARGEST_KEY = 2_500
# It knows no text with this character.
NUL, NUL_STANDS_AS = "\0", "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class ForeignKey:
    """A column whose every value is a key of the other table."""

    table: PublishedTable
    column: str
    other: PublishedTable
    other_column: str

    def __str__(self) -> str:
        """What references what, to be read."""
        return f"{self.table}.{self.column} to {self.other}.{self.other_column}"


def literal(text: str) -> str:
    """A text as PostgreSQL's SQL may hold it, whatever its settings are."""
    escaped = text.replace(NUL, NUL_STANDS_AS).replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def block(statements: Iterable[str]) -> str:
    """Statements as one, which are sent and done at once."""
    return f"do {literal('begin ' + ''.join(f'{statement}; ' for statement in statements) + 'end')}"


def in_schema(table: PublishedTable, suffix: str) -> str:
    """The name of a table, for SQL, in a schema whose name ends in the suffix."""
    return identifier(table.schema + suffix, table.name)


def creation(table: PublishedTable, suffix: str) -> str:
    """SQL that creates a table with its comments.

    Raises:
        WarehouseError: PostgreSQL has no such type, or would cut a name off.
    """
    name = in_schema(table, suffix)
    for word in (table.name, *(column.name for column in table.columns)):
        if len(word.encode()) > LONGEST_NAME:
            raise WarehouseError(
                f"PostgreSQL cuts names off after {LONGEST_NAME} bytes: {word} in {table}. Fix: a shorter name."
            )
    columns = ", ".join(
        f"{identifier(column.name)} {_type(table, column.name, column.data_type)}"
        + (" not null" if column.is_required else "")
        for column in table.columns
    )
    comments = [f"comment on table {name} is {literal(table.description)}"] if table.description else []
    comments += [
        f"comment on column {name}.{identifier(column.name)} is {literal(column.description)}"
        for column in table.columns
        if column.description
    ]
    return block([f"create table {name} ({columns})", *comments])


def rows_of(table: PublishedTable) -> str:
    """DuckDB's SQL for the rows of a table as PostgreSQL can hold them."""
    columns = (
        f"replace({identifier(column.name)}, chr(0), '{NUL_STANDS_AS}') as {identifier(column.name)}"
        if column.data_type == "VARCHAR"
        else identifier(column.name)
        for column in table.columns
    )
    return f"select {', '.join(columns)} from {table.sql_name}"


def key(table: PublishedTable, suffix: str) -> str:
    """SQL that declares the key of a table."""
    kind = "unique nulls not distinct" if table.has_null_in_grain else "primary key"
    return f"alter table {in_schema(table, suffix)} add {kind} ({', '.join(map(identifier, table.grain))})"


def filtered_columns(table: PublishedTable) -> list[str]:
    """The columns that dashboards filter and join by, unless a key begins with them."""
    return [
        column.name
        for column in table.columns
        if (column.name in ("site_id", "occurred_at") or column.name.endswith(("_key", "_date")))
        and column.name not in table.grain[:1]
    ]


def index(table: PublishedTable, column: str, suffix: str) -> str:
    """SQL that makes an index."""
    return f"create index on {in_schema(table, suffix)} ({identifier(column)})"


def foreign_keys(tables: Sequence[PublishedTable]) -> list[ForeignKey]:
    """The references that follow from the names of the columns."""
    marts = {table.name: table for table in tables if table.schema == "marts"}
    found = []
    for table in tables:
        for column in table.columns:
            for name, referenced in REFERENCES.items():
                other = marts.get(referenced)
                is_reference = column.name == name or column.name.endswith(f"_{name}")
                if is_reference and other and other.grain == (name,) and (other, name) != (table, column.name):
                    found.append(ForeignKey(table, column.name, other, name))
    return found


def reference(foreign: ForeignKey, suffix: str) -> str:
    """SQL that declares a foreign key."""
    return (
        f"alter table {in_schema(foreign.table, suffix)} add foreign key ({identifier(foreign.column)})"
        f" references {in_schema(foreign.other, suffix)} ({identifier(foreign.other_column)})"
    )


def without_counterpart(connection: duckdb.DuckDBPyConnection, foreign: ForeignKey) -> int:
    """How many rows of the published copy have a key there that the other table has not."""
    column, other = identifier(foreign.column), identifier(foreign.other_column)
    return number_of(
        connection,
        f"select count(*) from {foreign.table.sql_name} as a anti join {foreign.other.sql_name} as b"
        f" on a.{column} = b.{other} where a.{column} is not null",
    )


def fits_an_index(connection: duckdb.DuckDBPyConnection, table: PublishedTable, columns: Sequence[str]) -> bool:
    """Whether every entry of an index over these columns is small enough."""
    texts = [c.name for c in table.columns if c.name in columns and c.data_type == "VARCHAR"]
    lengths = " + ".join(f"coalesce(strlen({identifier(name)}), 0)" for name in texts)
    return (
        not texts or number_of(connection, f"select coalesce(max({lengths}), 0) from {table.sql_name}") <= LARGEST_KEY
    )


def is_unique(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> bool:
    """Whether the grain is a key of the rows: in a shared copy a column of it is blank for small groups."""
    columns = [identifier(name) for name in table.grain]
    blank = "false" if table.has_null_in_grain else " or ".join(f"{column} is null" for column in columns)
    query = f"select count(*) - count(distinct ({', '.join(columns)})) + count(*) filter (where {blank})"
    return number_of(connection, f"{query} from {table.sql_name}") == 0


def _type(table: PublishedTable, column: str, data_type: str) -> str:
    if decimal := DECIMAL.fullmatch(data_type):
        return f"numeric({decimal[1]}, {decimal[2]})"
    if data_type not in TYPES:
        raise WarehouseError(
            f"{table}.{column} is of the type {data_type}, for which PostgreSQL has no type here. Fix: cast it in the"
            " model, or add the type to TYPES in scripts/publishing/postgres_tables.py."
        )
    return TYPES[data_type]
