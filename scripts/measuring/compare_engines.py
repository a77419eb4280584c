"""Compare what Spark made with what DuckDB published: every table of marts and restricted, row by row.

DuckDB reads Spark's Parquet files itself, so that no driver is between the two. Rows are compared as they are, with
their number: what is twice in one and once in the other differs. ``loaded_at`` is left out: the reports were landed
twice, at two times.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.table import Table

from publishing.published_tables import PUBLISHED_SCHEMAS, PublishedTable, published_tables, reading, row_count_of
from warehouse.command_line import one_line
from warehouse.database import identifier, number_of
from warehouse.errors import WarehouseError, in_words

LEFT_OUT = ("loaded_at",)

# To Spark a timestamp is an instant, and all of ours are UTC. It has no integers without a sign, or of 128 bits.
AS_SPARK_HAS_IT = {"TIMESTAMP": ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "HUGEINT": ("DECIMAL(38,0)",)}


@dataclass(frozen=True)
class Comparison:
    """How a table of the one differs from that of the other.

    Attributes:
        table: its name with the schema.
        rows: how many rows it has in DuckDB.
        only_in_duckdb: rows that Spark's has not.
        only_in_spark: rows that DuckDB's has not.
        faults: what else is different, in words.
    """

    table: str
    rows: int = 0
    only_in_duckdb: int = 0
    only_in_spark: int = 0
    faults: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether there is no difference at all."""
        return not (self.only_in_duckdb or self.only_in_spark or self.faults)


def compare(published: Path, spark_warehouse: Path) -> list[Comparison]:
    """Compare every table, in the order of their names.

    Args:
        published: DuckDB's published copy.
        spark_warehouse: the folder of Spark's schemas, with ``<schema>.db/<table>/*.parquet``.

    Raises:
        WarehouseError: one of them is not there, or cannot be read.
    """
    if not spark_warehouse.is_dir():
        raise WarehouseError(f"there is no folder {spark_warehouse}. Fix: dbt build --target spark")
    with reading(published) as connection:
        tables = {str(table): table for table in published_tables(connection, {})}
        made = {
            f"{schema}.{folder.name}": folder
            for schema in PUBLISHED_SCHEMAS
            for folder in (spark_warehouse / f"{schema}.db").glob("*")
            if folder.is_dir() and not folder.name.startswith((".", "_"))
        }
        found = []
        for name in sorted(tables.keys() | made.keys()):
            if name not in made:
                found.append(Comparison(name, faults=("Spark has no such table",)))
            elif name not in tables:
                found.append(Comparison(name, faults=("DuckDB has no such table",)))
            else:
                found.append(_compared(connection, tables[name], made[name]))
    return found


def _compared(connection: duckdb.DuckDBPyConnection, table: PublishedTable, folder: Path) -> Comparison:
    files = f"{glob.escape(str(folder))}/**/*.parquet"
    try:
        connection.execute(
            "create or replace temp table spark as select * from read_parquet($files, hive_partitioning = true)",
            {"files": files},
        )
    except duckdb.Error as error:
        return Comparison(str(table), faults=(f"it cannot be read: {in_words(error)}",))
    types = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where database_name = 'temp' and table_name = 'spark'"
        ).fetchall()
    )
    rows = row_count_of(connection, table)
    faults = _faults_of(table, types)
    shared = [column for column in table.columns if column.name in types and column.name not in LEFT_OUT]
    mine = ", ".join(identifier(column.name) for column in shared)
    # Cast only where the types differ as they are to: a cast would hide what Spark made of a number.
    theirs = ", ".join(
        f"{identifier(column.name)}::{column.data_type}"
        if types[column.name] in AS_SPARK_HAS_IT.get(column.data_type, ())
        else identifier(column.name)
        for column in shared
    )
    here, there = f"select {mine} from {table.sql_name}", f"select {theirs} from temp.spark"
    try:
        missing = number_of(connection, f"select count(*) from ({here} except all {there})")
        extra = number_of(connection, f"select count(*) from ({there} except all {here})")
    except duckdb.Error as error:
        return Comparison(str(table), rows, faults=(*faults, f"it cannot be compared: {in_words(error)}"))
    return Comparison(str(table), rows, missing, extra, faults)


def _faults_of(table: PublishedTable, types: dict[str, str]) -> tuple[str, ...]:
    faults = []
    for column in table.columns:
        if column.name not in types:
            faults.append(f"Spark has no column {column.name}")
        elif types[column.name] not in (column.data_type, *AS_SPARK_HAS_IT.get(column.data_type, ())):
            faults.append(f"{column.name} is {column.data_type} in DuckDB and {types[column.name]} in Spark")
    names = {column.name for column in table.columns}
    return (*faults, *(f"DuckDB has no column {name}" for name in types if name not in names))


def shown(comparisons: list[Comparison]) -> Table:
    """The comparisons as a table for the terminal."""
    table = Table("table", "rows", "only in DuckDB", "only in Spark", "", box=None)
    for one in comparisons:
        numbers = (f"{number:,}" for number in (one.rows, one.only_in_duckdb, one.only_in_spark))
        said = "equal" if one.is_equal else one_line("; ".join(one.faults)) or "different"
        table.add_row(one_line(one.table), *numbers, said, style="" if one.is_equal else "red")
    return table
