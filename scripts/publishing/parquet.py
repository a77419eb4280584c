"""Publish the marts as Parquet: one file a table, each of which takes its place when all are whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from publishing.published_tables import PUBLISHED_SCHEMAS, PublishedTable, published_tables, reading, schemas_of
from warehouse.errors import WarehouseError, in_words
from warehouse.files import to_disk

UNFINISHED = ".unfinished"


def publish_to_parquet(published: Path, folder: Path) -> int:
    """Write every table of the published copy to ``<folder>/<schema>/<table>.parquet``; returns how many.

    A Parquet file there that belongs to no table any more is removed; what else lies there stays.

    Raises:
        WarehouseError: there is nothing to publish, or the folder cannot be written; the old files stay.
    """
    unfinished = folder / UNFINISHED
    with reading(published) as connection:
        tables = published_tables(connection, {})
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            for schema in schemas_of(table.schema for table in tables):
                (folder / schema).mkdir(parents=True, exist_ok=True)
                (unfinished / schema).mkdir(parents=True)
            for table in tables:
                _write(connection, table, unfinished / _file_of(table))
            for table in tables:
                (unfinished / _file_of(table)).replace(folder / _file_of(table))
            for schema in PUBLISHED_SCHEMAS:
                if (folder / schema).is_dir():
                    names = {_file_of(table).name for table in tables if table.schema == schema}
                    _remove_all_but(folder / schema, names)
                    to_disk(folder / schema)
        except (OSError, duckdb.Error) as error:
            raise WarehouseError(f"{folder} cannot be written: {in_words(error)}") from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return len(tables)


def _file_of(table: PublishedTable) -> Path:
    """The file of a table below the folder.

    Raises:
        WarehouseError: the name of the table would lead elsewhere.
    """
    if Path(table.name).name != table.name:
        raise WarehouseError(f"{table} cannot be the name of a file. Fix: rename the model.")
    return Path(table.schema) / f"{table.name}.parquet"


def _write(connection: duckdb.DuckDBPyConnection, table: PublishedTable, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"copy {table.sql_name} to '{quoted}' (format parquet, compression zstd)")
    to_disk(path)


def _remove_all_but(folder: Path, names: set[str]) -> None:
    for path in folder.glob("*.parquet"):
        if path.name not in names:
            path.unlink()
