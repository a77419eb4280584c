"""A copy of the marts knows what it is: a table inside the file says its kind and the settings that it was made with.

So nothing writes real data over a copy with pseudonyms, whatever the path is called, and what is made of a copy later
(its page, the next copy in its place) keeps its settings.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.database import connect, identifier, looked_into, memory_limit, path_of, read_all_rows, text_of
from warehouse.errors import WarehouseError, in_words
from warehouse.names import refuse_address, refuse_taken_name
from warehouse.paths import require_file, resolved

PUBLISHED, SHARED = "published", "shared"
# In a schema that is no mart's.
TABLE = "about_this_copy"
COLUMNS = {
    "kind": "published: it names people; shared: it holds pseudonyms.",
    "minimum_cohort_size": "Numbers of rows with fewer people are blank in a shared copy.",
    "file_mode": "The mode of the file, if others may read it.",
}
# Copies of older versions have no mark. All users of a shared one are called so.
PSEUDONYM = "^u_[0-9a-f]{16}$"
# The mark of a folder of Parquet files.
FOLDER_MARK = f"{TABLE}.json"
# The page of a copy, which is handed on with its folder.
PAGE = "index.html"
HEAD_LENGTH = 4096
SUFFIXES = (".duckdb", ".db", ".ddb")
# With this much, to read a copy takes a third less of the system's time than with all that DuckDB may have.
MEMORY_TO_READ = "200MB"


@dataclass(frozen=True)
class Mark:
    """What a copy is.

    Attributes:
        kind: published (it names people) or shared (it holds pseudonyms).
        minimum_cohort_size: the people below which numbers are blank in a shared copy.
        file_mode: the mode of the file, if it is one that lets others read it.
    """

    kind: str
    minimum_cohort_size: int | None = None
    file_mode: int | None = None


def write_mark(connection: duckdb.DuckDBPyConnection, mark: Mark, database: str | None = None) -> None:
    """Write what a copy is into it; the database is the one that is open, or one that is attached."""
    table = identifier(*((database,) if database else ()), "main", TABLE)
    connection.execute(
        f"create or replace table {table} (kind varchar, minimum_cohort_size integer, file_mode integer)"
    )
    connection.execute(f"insert into {table} values (?, ?, ?)", [mark.kind, mark.minimum_cohort_size, mark.file_mode])
    connection.execute(f"comment on table {table} is 'What this copy is. The project reads it; no report needs it.'")
    for column, words in COLUMNS.items():
        connection.execute(f"comment on column {table}.{column} is {text_of(words)}")


def mark_of(path: Path) -> Mark | None:
    """What a copy is; None where there is no file.

    Raises:
        WarehouseError: the file is no copy of the marts, or cannot be read.
    """
    if not path.is_file():
        return None
    try:
        return _read(path)
    except WarehouseError as error:
        if "cannot be opened" in str(error) and "Fix:" not in str(error):
            raise WarehouseError(f"{error} Nothing was written. Fix: delete the file, or give another path.") from error
        if "in use by another process" not in str(error):
            raise
        # A tool that opened it to write: what is in the file itself can be read all the same.
        with tempfile.TemporaryDirectory() as folder:
            read = Path(folder) / "copy.duckdb"
            shutil.copyfile(path, read)
            return _read(read, path)


def copy_kind(path: Path) -> str:
    """The kind of a copy, published or shared; published where there is no file."""
    mark = mark_of(path)
    return PUBLISHED if mark is None else mark.kind


def _read(path: Path, shown: Path | None = None) -> Mark:
    shown = shown or path
    try:
        with looked_into(path) as connection:
            tables = {
                f"{schema}.{table}"
                for schema, table in connection.execute(
                    "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
                ).fetchall()
            }
            if f"main.{TABLE}" in tables:
                [row] = connection.execute(f"select kind, minimum_cohort_size, file_mode from main.{TABLE}").fetchall()
                return Mark(*row)
            if any(table.startswith("raw.") for table in tables):
                raise WarehouseError(f"{shown} is a warehouse, and no copy. Fix: give the copy another path.")
            if not any(table.startswith(("marts.", "restricted.", "site.")) for table in tables):
                raise WarehouseError(
                    f"{shown} holds no marts, so it is no copy of this project. Fix: make build; or, to write there,"
                    " delete it or give another path."
                )
            if connection.execute(
                "from duckdb_columns() where schema_name = 'marts' and table_name = 'dim_users'"
                " and column_name = 'user_id'"
            ).fetchone():
                [(is_shared,)] = connection.execute(
                    f"select coalesce(bool_and(regexp_matches(user_id, '{PSEUDONYM}')), false) from marts.dim_users"
                ).fetchall()
                if is_shared:
                    return Mark(SHARED)
            return Mark(PUBLISHED)
    except duckdb.Error as error:
        raise WarehouseError(
            f"what {shown} is cannot be read: {in_words(error)} Fix: delete it, and give the command again."
        ) from error


def require_place_for(path: Path, kind: str) -> Mark | None:
    """See that a copy of a kind may take a place; returns what is there now.

    Raises:
        WarehouseError: something else is there, or the name is not that of such a file.
    """
    setting = "SHARED_PATH" if kind == SHARED else "PUBLISHED_PATH"
    if path.suffix.lower() not in SUFFIXES:
        raise WarehouseError(
            f"{path} would be a DuckDB file, and its name does not end in {SUFFIXES[0]}. Nothing was written. Fix: give"
            f" it such a name; for Parquet a folder/ (make publish TARGET=folder/), for CSV make export TABLE=…"
        )
    refuse_inside_a_shared_copy(path, kind)
    there = mark_of(path)
    if there is not None and there.kind != kind:
        what = "a shared copy, with pseudonyms in place of people" if there.kind == SHARED else "a published copy"
        raise WarehouseError(
            f"{path} is {what}, and the {kind} copy does not replace it. Nothing was written. Fix: another {setting};"
            " or delete the file, if that is what you want."
        )
    refuse_taken_name(path, setting)
    return there


def require_place_of_warehouse(path: Path) -> None:
    """See that the warehouse may be in a place.

    Raises:
        WarehouseError: it is no place of a file, its name is taken, dbt cannot read its path, or its folder is that
            of a shared copy.
    """
    require_file(path, "WAREHOUSE_PATH")
    refuse_taken_name(path)
    refuse_address(path)
    refuse_inside_a_shared_copy(path)


def name_beside(copy: Path, name: str) -> Path:
    """The default place of what is made of a copy, so that nothing of a shared copy replaces what names people."""
    return copy.with_name(f"{SHARED}_{name}" if copy_kind(copy) == SHARED else name)


def mark_of_folder(folder: Path) -> Mark | None:
    """What a folder of Parquet files holds; None if nothing says it.

    Raises:
        WarehouseError: what says it cannot be read.
    """
    path = folder / FOLDER_MARK
    if not path.exists():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return Mark(str(read["kind"]), file_mode=read.get("file_mode"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WarehouseError(
            f"{path} does not say what the folder holds. Fix: delete it, or another TARGET."
        ) from error


def page_mark(kind: str) -> str:
    """The mark of a page, as it is in its head."""
    return f'<meta name="juno-copy" content="{kind}">'


def head_of(page: Path) -> str:
    """The beginning of a page, where its mark is."""
    with page.open(encoding="utf-8", errors="replace") as file:
        return file.read(HEAD_LENGTH)


def refuse_inside_a_shared_copy(path: Path, kind: str = PUBLISHED) -> None:
    """Refuse to write what names people below a folder that is handed on as a shared copy, or as the page of one.

    Raises:
        WarehouseError: one of the folders above is such a copy.
    """
    if kind == SHARED:
        return
    for folder in resolved(path).parents:
        there = mark_of_folder(folder)
        page = folder / PAGE
        if (there is not None and there.kind == SHARED) or (page.is_file() and page_mark(SHARED) in head_of(page)):
            raise WarehouseError(
                f"{path} is inside {folder}, which holds a shared copy, with pseudonyms in place of people. Nothing was"
                " written. Fix: a place outside that folder."
            )


def refuse_a_copy(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> None:
    """Refuse to take a copy for the warehouse, so that no records are loaded into what was handed on.

    Args:
        connection: what is open.
        tables: those of its schema main.

    Raises:
        WarehouseError: it is a copy.
    """
    if TABLE in tables:
        raise WarehouseError(
            f"{path_of(connection)} is a copy of the marts, and no warehouse. Nothing was written. Fix: another"
            " WAREHOUSE_PATH."
        )


def read_every_block(path: Path) -> dict[str, int]:
    """Read all columns of all tables of a file; returns the number of rows of each table.

    DuckDB checks the checksum of a block when it reads it.

    Raises:
        WarehouseError: the file cannot be opened.
        duckdb.Error: a part of it is damaged.
    """
    with connect(path, read_only=True) as connection:
        try:
            # Each block is read once, so DuckDB need not keep it.
            connection.execute(f"set memory_limit = '{MEMORY_TO_READ}'")
            return read_all_rows(connection)
        except duckdb.OutOfMemoryException:
            # Long texts need more.
            connection.execute(f"set memory_limit = '{memory_limit()}'")
            return read_all_rows(connection)
