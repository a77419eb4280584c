"""How the warehouse is opened, and how its file is laid out. All times are UTC."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import NO_DATABASE, WarehouseError, in_words, is_damage
from warehouse.paths import marts_path, warehouse_path

# The format of the warehouse file and of every copy, and their blocks (profiles.yml says why).
STORAGE_VERSION = "v1.3.0"
BLOCK_SIZE = 65536


def memory_limit() -> str:
    """The memory that DuckDB may use before it spills to disk: ``MEMORY_LIMIT``, or what profiles.yml gives dbt."""
    return os.environ.get("MEMORY_LIMIT", "").strip() or "2750MB"


# Folders beside the warehouse that hold records while a command lasts: what DuckDB spills, what a loader unpacks.
TEMPORARY_SUFFIXES = (".tmp", ".landing")


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file, and create it where it may be written.

    Raises:
        WarehouseError: the file is in use by another process, is no DuckDB file, or cannot be written.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit(),
        "temp_directory": f"{path}.tmp",
    }
    if not read_only:
        config |= {"storage_compatibility_version": STORAGE_VERSION, "default_block_size": BLOCK_SIZE}
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
        connection.execute("set TimeZone = 'UTC'")
        if not read_only:
            # Only one process may write, so a file that is left here comes from a process that was killed.
            _clear_temporary(path)
            close_to_others(path)
        return connection
    except OSError as error:
        raise WarehouseError(f"{path} cannot be written: {in_words(error)}") from error
    except duckdb.Error as error:
        raise _not_opened(path, error, read_only=read_only) from error


def _not_opened(path: Path, error: duckdb.Error, *, read_only: bool) -> WarehouseError:
    if isinstance(error, duckdb.IOException) and "lock" in str(error) and not is_damage(error):
        return WarehouseError(
            f"{path} is in use by another process. Wait until it has ended, or close the program that has"
            " the warehouse open; connect BI tools to the published copy instead."
        )
    if isinstance(error, duckdb.ParserException):
        # Nothing else in the settings is the user's.
        return WarehouseError(
            f"MEMORY_LIMIT={memory_limit()} is no amount of memory. Nothing was done. Fix: MEMORY_LIMIT=2GB"
        )
    if is_damage(error) and NO_DATABASE not in str(error):
        return damaged(path, error, read_only=read_only)
    return WarehouseError(f"{path} cannot be opened: {in_words(error)}")


@contextmanager
def opened(path: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database file for as long as it is read, and name it if it turns out to be damaged.

    Raises:
        WarehouseError: it is damaged, or cannot be opened.
    """
    with connect(path, read_only=read_only) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            # DuckDB does not say which file it is, and several may be open.
            if is_damage(error) and not _is_sound(connection):
                raise damaged(path, error, read_only=read_only) from error
            raise


@contextmanager
def looked_into(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database file for a few short questions: 0.4 ms instead of the 14 ms that a DuckDB of its own takes.

    Raises:
        WarehouseError: it is damaged, or cannot be opened.
    """
    name = identifier(f"look {next(_looks)}")
    with _for_looks().cursor() as connection:
        try:
            connection.execute(f"attach {text_of(str(path))} as {name} (read_only); use {name}; set TimeZone = 'UTC'")
        except duckdb.Error as error:
            raise _not_opened(path, error, read_only=True) from error
        try:
            yield connection
        finally:
            try:
                connection.execute(f"use memory; detach {name}")
            except duckdb.Error:
                # By a file that is damaged DuckDB may have come to its end; the next look has another.
                _for_looks.cache_clear()


@cache
def _for_looks() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


_looks = count()


def damaged(path: Path, error: Exception, *, read_only: bool = True) -> WarehouseError:
    """The message about a database file that is damaged."""
    if path.suffix == marts_path(path).suffix:
        fix = "delete it. Then: make build"
    elif not read_only or os.path.realpath(path) == os.path.realpath(warehouse_path()):
        fix = (
            "put a backup in its place; or delete it, and make build loads all reports again, also what they hold of"
            " people who were forgotten."
        )
    else:
        fix = "delete it. Then: make build, and for a shared copy make share"
    return WarehouseError(f"{path} is damaged: {in_words(error)} Fix: {fix}")


def read_all_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Read all columns of all tables; returns the number of rows of each.

    DuckDB checks the checksum of a block when it reads it.

    Raises:
        duckdb.Error: a part of the file is damaged.
    """
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database() order by all"
    ).fetchall()
    return {
        f"{schema}.{table}": connection.execute(
            # The last value of a column takes two thirds of the time of a hash of all; a count would need none of them.
            f"select count(*), hash(last(columns(*))) from {identifier(schema, table)}"
        ).fetchall()[0][0]
        for schema, table in tables
    }


def _is_sound(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        with suppress(duckdb.TransactionException):
            connection.rollback()
        read_all_rows(connection)
    except duckdb.Error:
        return False
    return True


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all that is done inside, or nothing of it."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # A commit that failed has rolled back, and the user must see why it failed.
        with suppress(duckdb.TransactionException):
            connection.execute("rollback")
        raise


@contextmanager
def spool_of(warehouse: Path | None) -> Iterator[Path]:
    """A folder beside the warehouse for what is unpacked: on its disk, under its protection, and for one loader.

    If a loader is killed, ``connect`` removes its folder when the warehouse is next opened.
    """
    if warehouse is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    spool = Path(f"{warehouse}.landing")
    try:
        spool.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise WarehouseError(f"{spool} cannot be written: {in_words(error)}") from error
    try:
        yield spool
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def close_to_others(path: Path) -> None:
    """Let only the owner read a file or a folder; older versions let everybody."""
    # Where it is another's, or the file system knows no modes, it stays as it is.
    with suppress(OSError):
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            path.chmod(mode & 0o700)


def _clear_temporary(warehouse: Path) -> None:
    for suffix in TEMPORARY_SUFFIXES:
        shutil.rmtree(f"{warehouse}{suffix}", ignore_errors=True)


def identifier(*names: str) -> str:
    """A name as SQL may hold it, in DuckDB and in PostgreSQL; of several the last with the others before it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def text_of(text: str) -> str:
    """A text as DuckDB's SQL may hold it."""
    return "'" + text.replace("'", "''") + "'"


def path_of(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """The file that a connection has open; None if it is in memory."""
    row = connection.execute("select path from duckdb_databases() where database_name = current_database()").fetchone()
    return Path(row[0]) if row and row[0] else None


@cache
def time_zones() -> tuple[str, ...]:
    """The names of time zones that DuckDB knows."""
    with duckdb.connect() as connection:
        found = connection.execute("select name from pg_timezone_names() order by 1").fetchall()
    return tuple(name for (name,) in found)


_PARSED: dict[str, list[duckdb.Statement]] = {}


def execute_again(connection: duckdb.DuckDBPyConnection, script: str) -> None:
    """Execute statements that are the same for each report: DuckDB parses them once, which takes milliseconds."""
    if script not in _PARSED:
        _PARSED[script] = connection.extract_statements(script)
    for statement in _PARSED[script]:
        connection.execute(statement)


def rows_by_column(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query, each with its values by the names of the columns."""
    result = connection.execute(query, parameters)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def number_of(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object] | None = None) -> int:
    """The one number that a query gives; 0 if it gives none."""
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


def named_in(query: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Those of some parameters that a query names: DuckDB refuses the others."""
    return {name: parameters[name] for name in re.findall(r"\$(\w+)", query) if name in parameters}
