"""Publish the marts: a read-only copy for BI tools, swapped in at once.

dbt makes the marts in a file of their own beside the warehouse (profiles.yml), and to publish is to copy that file.
Readers of the copy never meet a lock or a half-built warehouse: the copy is made beside the old one and takes its
place in one step (a rename). Who has the old one open goes on reading it until they open it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from warehouse import (
    WarehouseError,
    connect,
    in_words,
    marts_path,
    number_of,
    published_path,
    remove_database,
    to_disk,
    warehouse_path,
)

# A file written in this format can be opened by BI drivers that still carry DuckDB 1.2.
PUBLISHED_STORAGE_VERSION = "v1.2.0"
PUBLISHED_SCHEMAS = ("marts", "restricted")
# Where dbt notes a build while it lasts (macros/unfinished_builds.sql).
UNFINISHED_BUILDS = ("staging", "unfinished_builds")


def publish(warehouse: Path, published: Path) -> int:
    """Copy the file of the marts; returns how many marts are in it.

    Raises:
        WarehouseError: there is nothing to publish, or only what an unfinished build left, or one of the files cannot
            be opened or written.
    """
    marts = marts_path(warehouse)
    if published.resolve() in (warehouse.resolve(), marts.resolve()):
        raise WarehouseError(f"the published copy would replace {published}. Cure: another PUBLISHED_PATH.")
    if not warehouse.exists():
        raise WarehouseError(f"there is no warehouse at {warehouse}. Cure: make build")
    # The warehouse stays locked meanwhile, so that no build writes to the marts.
    with connect(warehouse) as connection:
        _refuse_a_mixture(connection)
        count = _count_marts(marts)

        def copy(unfinished: Path) -> int:
            shutil.copyfile(marts, unfinished)
            return count

        return replace_file(published, copy)


def replace_file(path: Path, make: Callable[[Path], int]) -> int:
    """Make a file under another name beside its place and let it take the place once it is whole.

    Returns what ``make`` counts.

    Raises:
        WarehouseError: it cannot be written. The file that was there stays, and no part of the new one.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_database(unfinished)
        made = make(unfinished)
        # Else a power cut might leave the new name without the new bytes.
        to_disk(unfinished)
        unfinished.replace(path)
        to_disk(path.parent)
    except (OSError, duckdb.Error) as error:
        raise WarehouseError(f"{path} cannot be written: {in_words(error)}") from error
    finally:
        remove_database(unfinished)
    return made


def attach_new(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a new file that drivers of DuckDB 1.2 can read too."""
    quoted = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {name} (read_write, storage_version '{PUBLISHED_STORAGE_VERSION}')")


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


def _count_marts(marts: Path) -> int:
    """How many marts there are; what a killed build left in the log beside the file is in the file afterwards.

    Raises:
        WarehouseError: there are none, or one is a view, which would read the warehouse.
    """
    tables: list[tuple[str, bool]] = []
    if marts.exists():
        with connect(marts) as connection:
            tables = connection.execute(
                """
                select table_name, table_type = 'VIEW' from information_schema.tables
                where table_schema in (?, ?) order by all
                """,
                PUBLISHED_SCHEMAS,
            ).fetchall()
            connection.execute("checkpoint")
    if not tables:
        raise WarehouseError("the warehouse holds no marts yet. Cure: make build, or .venv/bin/dbt build")
    views = [name for name, is_view in tables if is_view]
    if views:
        raise WarehouseError(
            f"{', '.join(views)} would read the warehouse, of which the published copy knows nothing. Cure: no mart is"
            " a view; make it a table (materialized: table)."
        )
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
