"""The tables of the published copy: the columns as its catalogue has them, the keys and the words from the YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from warehouse.database import identifier, number_of, opened, text_of, transaction
from warehouse.errors import WarehouseError
from warehouse.mart_models import Model

# Those that there always are, and that of a site's own models (models/site), which is there if it has some.
PUBLISHED_SCHEMAS = ("marts", "restricted", "site")
RESTRICTED, SITE = PUBLISHED_SCHEMAS[1:]

# A column of the grain, bare or with what stands for null.
GRAIN_COLUMN = re.compile(r"(?P<null>coalesce\()?(?P<column>\w+)")


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in DuckDB, whether its contract forbids null, and what it holds."""

    name: str
    data_type: str
    is_required: bool
    description: str


@dataclass(frozen=True)
class PublishedTable:
    """A table of the published copy.

    Attributes:
        grain: the columns that identify a row; none if nothing says it.
        has_null_in_grain: whether null is a value of one of them.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    description: str
    grain: tuple[str, ...]
    has_null_in_grain: bool

    def __str__(self) -> str:
        """The name with the schema, to be read."""
        return f"{self.schema}.{self.name}"

    @property
    def sql_name(self) -> str:
        """The name with the schema, for SQL."""
        return identifier(self.schema, self.name)


def schemas_of(names: Iterable[str]) -> tuple[str, ...]:
    """The schemas to write, given those of the tables: no empty one for a site without models of its own."""
    used = set(names)
    return tuple(schema for schema in PUBLISHED_SCHEMAS if schema != SITE or schema in used)


@contextmanager
def reading(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published copy. A later publication gives its name to another file, and this one stays as it is.

    Raises:
        WarehouseError: there is none, or it cannot be opened.
    """
    if not published.exists():
        raise WarehouseError(f"there is no published copy at {published}. Fix: make build")
    with opened(published) as connection:
        yield connection


def published_tables(connection: duckdb.DuckDBPyConnection, models: Mapping[str, Model]) -> list[PublishedTable]:
    """All tables of the published copy, in the order of their names.

    Raises:
        WarehouseError: there are none.
    """
    rows = connection.execute(
        """
        select schema_name, table_name, column_name, data_type, not is_nullable
        from duckdb_columns()
        where database_name = current_database() and list_contains(?, schema_name)
        order by schema_name, table_name, column_index
        """,
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    if not rows:
        raise WarehouseError("the published copy holds no marts. Fix: make build")
    return [
        _table(schema, name, [row[2:] for row in columns], models.get(name, Model()))
        for (schema, name), columns in groupby(rows, key=lambda row: row[:2])
    ]


def left_out(published: Path) -> str:
    """In words, the tables of other schemas than those that go to copies, such as a site's own under another name."""
    with reading(published) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database()"
            " and schema_name <> 'main' and not list_contains(?, schema_name) order by all",
            [list(PUBLISHED_SCHEMAS)],
        ).fetchall()
    names = ", ".join(name for (name,) in rows)
    return (
        f"Left out: {names}. Fix: +schema: {SITE} for these models in dbt_project.yml, then make build." if rows else ""
    )


def row_count_of(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> int:
    """How many rows a table of the published copy has."""
    return number_of(connection, f"select count(*) from {table.sql_name}")


def write_comments(
    connection: duckdb.DuckDBPyConnection, models: Mapping[str, Model], database: str | None = None
) -> None:
    """Write the descriptions of the YAML into the file, where BI tools read them."""
    prefix = (database,) if database else ()
    rows = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name ="
        " coalesce(?, current_database()) and list_contains(?, schema_name) order by all",
        [database, list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    statements = []
    for (schema, name), columns in groupby(rows, key=lambda row: row[:2]):
        model, table = models.get(name, Model()), identifier(*prefix, schema, name)
        statements.append(f"comment on table {table} is {text_of(_line(model.description))}")
        statements += [
            f"comment on column {table}.{identifier(column)} is {text_of(_line(model.descriptions.get(column, '')))}"
            for *_, column in columns
        ]
    with transaction(connection):
        connection.execute("; ".join(statements))


def _line(text: str) -> str:
    return " ".join(text.split())


def _table(schema: str, name: str, columns: list[tuple[str, str, bool]], model: Model) -> PublishedTable:
    names = {column for column, _, _ in columns}
    found = [match for part in model.grain if (match := GRAIN_COLUMN.match(part))]
    grain = tuple(match["column"] for match in found)
    return PublishedTable(
        schema,
        name,
        tuple(Column(*column, model.descriptions.get(column[0], "")) for column in columns),
        model.description,
        # The YAML may be newer than the copy.
        grain if names.issuperset(grain) else (),
        any(match["null"] for match in found),
    )
