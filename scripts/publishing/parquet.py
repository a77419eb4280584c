"""Publish the marts as Parquet: one file per table. Each file takes its place when all are whole."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path

import duckdb

from publishing.access import PRIVATE, open_way, published_mode
from publishing.published_tables import (
    PUBLISHED_SCHEMAS,
    PublishedTable,
    published_tables,
    reading,
    row_count_of,
    schemas_of,
)
from warehouse.copies import FOLDER_MARK, PUBLISHED, SHARED, copy_kind, mark_of_folder, refuse_inside_a_shared_copy
from warehouse.database import text_of
from warehouse.errors import WarehouseError
from warehouse.files import not_written, to_disk
from warehouse.locks import only_writer
from warehouse.paths import resolved

UNFINISHED = ".unfinished"


def publish_to_parquet(published: Path, folder: Path) -> int:
    """Write every table of the published copy to ``<folder>/<schema>/<table>.parquet``; returns how many.

    Each new file is read again before it takes its place. A Parquet file there that belongs to no table any more is
    removed; other files in that folder stay.

    Raises:
        WarehouseError: there is nothing to publish, the folder cannot be written, or it holds a shared copy and real
            data would replace it; the old files stay.
    """
    kind = copy_kind(published)
    if not resolved(folder).name:
        raise WarehouseError(f"{folder} cannot be a folder of Parquet files. Fix: make publish TARGET=folder/")
    refuse_inside_a_shared_copy(folder, kind)
    with reading(published) as connection:
        tables = published_tables(connection, {})
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with only_writer(folder):
                _publish(connection, tables, folder, kind)
        except (OSError, duckdb.Error) as error:
            raise not_written(folder, error) from error
    return len(tables)


def _publish(connection: duckdb.DuckDBPyConnection, tables: list[PublishedTable], folder: Path, kind: str) -> None:
    there = mark_of_folder(folder)
    if there is not None and there.kind == SHARED and kind == PUBLISHED:
        raise WarehouseError(
            f"{folder} holds a shared copy, with pseudonyms in place of people, and a published copy does not replace"
            " it. Nothing was written. Fix: another TARGET; or delete the folder, if that is what you want."
        )
    # It may be the folder of a shared page.
    refuse_inside_a_shared_copy(folder / FOLDER_MARK, kind)
    mode = published_mode(there)
    for left in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    unfinished = folder / f"{UNFINISHED}.{secrets.token_hex(4)}"
    try:
        for schema in schemas_of(table.schema for table in tables):
            (folder / schema).mkdir(exist_ok=True)
            (unfinished / schema).mkdir(parents=True)
        for table in tables:
            _write(connection, table, unfinished / _file_of(table))
            open_way(unfinished / _file_of(table), folder / _file_of(table), mode)
        # First, so that a folder with some new files is known for what it is.
        (unfinished / FOLDER_MARK).write_text(json.dumps({"kind": kind, "file_mode": mode}), encoding="utf-8")
        (unfinished / FOLDER_MARK).chmod(PRIVATE if mode is None else mode)
        (unfinished / FOLDER_MARK).replace(folder / FOLDER_MARK)
        for table in tables:
            (unfinished / _file_of(table)).replace(folder / _file_of(table))
        for schema in PUBLISHED_SCHEMAS:
            if (folder / schema).is_dir():
                names = {_file_of(table).name for table in tables if table.schema == schema}
                _remove_all_but(folder / schema, names)
                to_disk(folder / schema)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _file_of(table: PublishedTable) -> Path:
    """The file of a table below the folder.

    Raises:
        WarehouseError: the name of the table would lead elsewhere.
    """
    if Path(table.name).name != table.name:
        raise WarehouseError(f"{table} cannot be the name of a file. Fix: rename the model.")
    return Path(table.schema) / f"{table.name}.parquet"


def _write(connection: duckdb.DuckDBPyConnection, table: PublishedTable, path: Path) -> None:
    file = text_of(str(path))
    connection.execute(f"copy {table.sql_name} to {file} (format parquet, compression zstd)")
    to_disk(path)
    # A hash of a row needs each of its values, so that all of the file is read.
    read = f"select count(*), bit_xor(hash(t)) from read_parquet({file}) as t"
    [(written, _)] = connection.execute(read).fetchall()
    wanted = row_count_of(connection, table)
    if written != wanted:
        raise WarehouseError(
            f"{path.name} holds other rows than {table} ({written:,} and {wanted:,}). Nothing was published."
            " Fix: publish again, and see whether the disk is sound."
        )


def _remove_all_but(folder: Path, names: set[str]) -> None:
    for path in folder.glob("*.parquet"):
        if path.name not in names:
            path.unlink()
