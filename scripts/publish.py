"""Publish the marts: a read-only copy for BI tools, swapped in at once.

Readers of the copy never meet a lock or a half-built warehouse: the copy is made beside the old one and takes its
place in one step (a rename). Who has the old one open goes on reading it until they open it again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from warehouse import (
    STORAGE_VERSION,
    WarehouseError,
    connect,
    in_words,
    number_of,
    published_path,
    to_disk,
    warehouse_path,
)

PUBLISHED_SCHEMAS = ("marts", "restricted")
# One alone leaves a core idle: ten million records took 32 s to publish, and take 27.
TABLES_AT_ONCE = 2
# Where dbt notes a build while it lasts (macros/unfinished_builds.sql).
UNFINISHED_BUILDS = ("staging", "unfinished_builds")


def publish(warehouse: Path, published: Path) -> int:
    """Copy every mart, be it a table or a view, to a DuckDB file of its own as a table; returns how many.

    Raises:
        WarehouseError: there is nothing to publish, or only what an unfinished build left, or one of the two files
            cannot be opened or written.
    """
    if warehouse.resolve() == published.resolve():
        raise WarehouseError(f"the published copy would replace {warehouse}. Cure: another PUBLISHED_PATH.")
    if not warehouse.exists():
        raise WarehouseError(f"there is no warehouse at {warehouse}. Cure: make build")
    with connect(warehouse) as connection:
        _refuse_a_mixture(connection)
        return replace_file(published, lambda unfinished: _copy_marts(connection, unfinished))


def replace_file(path: Path, make: Callable[[Path], int]) -> int:
    """Make a DuckDB file under another name beside its place and let it take the place once it is whole.

    Returns what ``make`` counts.

    Raises:
        WarehouseError: it cannot be written. The file that was there stays, and no part of the new one.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(unfinished)
        made = make(unfinished)
        # Else a power cut might leave the new name without the new bytes.
        to_disk(unfinished)
        unfinished.replace(path)
        to_disk(path.parent)
    except (OSError, duckdb.Error) as error:
        raise WarehouseError(f"{path} cannot be written: {in_words(error)}") from error
    finally:
        _remove(unfinished)
    return made


def _remove(unfinished: Path) -> None:
    for leftover in (unfinished, unfinished.with_name(unfinished.name + ".wal")):
        with suppress(NotADirectoryError):
            leftover.unlink(missing_ok=True)


def attach_new(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a new file that drivers of DuckDB 1.2 can read too."""
    quoted = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {name} (read_write, storage_version '{STORAGE_VERSION}')")


def _refuse_a_mixture(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse marts of which some are older than others.

    Raises:
        WarehouseError: the last build was killed or failed.
    """
    noted = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database() and schema_name = ? and table_name = ?",
        UNFINISHED_BUILDS,
    ).fetchone()
    if noted and number_of(connection, f"select count(*) from {'.'.join(UNFINISHED_BUILDS)}"):
        raise WarehouseError(
            "the last build did not come to a good end, so that some marts are older than others, and nothing was"
            " published. Cure: make build, or .venv/bin/dbt build"
        )


def _copy_marts(connection: duckdb.DuckDBPyConnection, target: Path) -> int:
    tables = connection.execute(
        """
        select table_schema, table_name from information_schema.tables
        where table_catalog = current_database() and table_schema in (?, ?) order by all
        """,
        PUBLISHED_SCHEMAS,
    ).fetchall()
    if not tables:
        raise WarehouseError("the warehouse holds no marts yet. Cure: .venv/bin/dbt build")
    attach_new(connection, target, "published")
    for schema in PUBLISHED_SCHEMAS:
        connection.execute(f"create schema published.{schema}")

    def copy(table: tuple[str, str]) -> None:
        name = '{}."{}"'.format(*table)
        with connection.cursor() as cursor:
            cursor.execute(f"create table published.{name} as from {name}")

    with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
        # To go through the results raises what went wrong.
        list(pool.map(copy, tables))
    connection.execute("detach published")
    return len(tables)


def main(
    warehouse: Annotated[
        Path | None,
        typer.Option("--database", help="Warehouse file. Default: WAREHOUSE_PATH or warehouse/activity.duckdb."),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option("--target", help="Published copy. Default: PUBLISHED_PATH or warehouse/published.duckdb."),
    ] = None,
) -> None:
    """Publish the marts as a read-only DuckDB file. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    console = Console(soft_wrap=True)
    path = target or published_path()
    try:
        count = publish(warehouse or warehouse_path(), path)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    console.print(f"{count} marts published in {escape(str(path))}", highlight=False)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
