"""Publish the marts: a read-only copy for BI tools, swapped in at once; from it, to PostgreSQL or Parquet.

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

from make_usage import run_command
from parquet import publish_to_parquet
from postgres import DEFAULT_READER, is_postgres, publish_to_postgres
from published_tables import PUBLISHED_SCHEMAS
from warehouse import (
    WarehouseError,
    connect,
    in_words,
    marts_path,
    published_path,
    remove_database,
    to_disk,
    warehouse_path,
)

# A file written in this format can be opened by BI drivers that still carry DuckDB 1.2.
PUBLISHED_STORAGE_VERSION = "v1.2.0"
# Where dbt notes a build while it lasts, and what it left unfinished (macros/unfinished_builds.sql).
UNFINISHED_BUILDS = ("staging", "unfinished_builds")
# So many of them are named in a message.
NAMED = 5


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
    if not noted:
        return
    rows = connection.execute(f"select distinct invocation_id from {'.'.join(UNFINISHED_BUILDS)} order by 1").fetchall()
    if rows:
        raise WarehouseError(
            f"the last build did not come to a good end{_unfinished([str(name) for (name,) in rows])}, so that some"
            " marts are older than others, and nothing was published. Cure: make build, or .venv/bin/dbt build"
        )


def _unfinished(noted: list[str]) -> str:
    """The models, seeds and tests among what is noted, in brackets; nothing for a build that was killed."""
    # Such as model.juno_activity.fct_calls.
    names = [name.split(".")[2] for name in noted if name.count(".") > 1]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f" (unfinished: {', '.join(names[:NAMED])}{more})"


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
                where list_contains(?, table_schema) order by all
                """,
                [list(PUBLISHED_SCHEMAS)],
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
        str | None,
        typer.Option(
            "--target",
            envvar="TARGET",
            help="Published copy, else postgresql://user@host/database, or a folder/ for Parquet: these two from the"
            " published copy that there is. Default: PUBLISHED_PATH or warehouse/published.duckdb.",
        ),
    ] = None,
    reader: Annotated[
        str, typer.Option("--reader", envvar="READER", help="PostgreSQL: the role that may read the schema marts …")
    ] = DEFAULT_READER,
    shows_restricted: Annotated[
        bool, typer.Option("--restricted", envvar="RESTRICTED", help="… and the schema restricted (names, texts) too.")
    ] = False,
) -> None:
    """Publish the marts as a read-only DuckDB file, to PostgreSQL, or as Parquet.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    try:
        if target and is_postgres(target):
            publication = publish_to_postgres(
                published_path(), target, reader=reader, shows_restricted=shows_restricted, console=console
            )
            for note in publication.notes:
                console.print(f"[yellow]{escape(note)}[/yellow]", highlight=False)
            said = f"{publication.tables} tables with {publication.rows:,} rows published to PostgreSQL"
        elif target and "://" in target:
            raise WarehouseError(
                "nothing is known of such an address. Cure: make publish TARGET=postgresql://user@host/database,"
                " or TARGET=folder/"
            )
        elif target and (target.endswith("/") or Path(target).is_dir()):
            said = f"{publish_to_parquet(published_path(), Path(target))} tables published as Parquet in {target}"
        else:
            path = Path(target) if target else published_path()
            said = f"{publish(warehouse or warehouse_path(), path)} marts published in {path}"
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    console.print(escape(said), highlight=False)


if __name__ == "__main__":
    run_command(
        main, "publish", "make publish TARGET=postgresql://user@host/database READER=bi RESTRICTED=1, or TARGET=folder/"
    )
