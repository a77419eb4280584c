"""Publish the marts: the command line of ``publishing.publish``, ``.postgres`` and ``.parquet``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from publishing.parquet import publish_to_parquet
from publishing.places import note_place
from publishing.postgres import DEFAULT_READER, is_postgres, publish_to_postgres
from publishing.publish import publish
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.errors import WarehouseError
from warehouse.paths import published_path, setting_of, warehouse_path


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
    with errors_said(console):
        # A blank one is not seen as an option, and would publish to the default.
        setting_of("TARGET")
        if target is not None and not target.strip():
            raise WarehouseError("--target is blank. Nothing was done. Fix: give it a value, or leave it out.")
        if warehouse is None:
            finish_first(console)
        if target and is_postgres(target):
            publication = publish_to_postgres(
                published_path(), target, reader=reader, shows_restricted=shows_restricted, console=console
            )
            for note in publication.notes:
                console.print(f"[yellow]{escape(note)}[/yellow]", highlight=False)
            note_place(published_path(), target)
            said = f"{publication.tables} tables with {publication.rows:,} rows published to PostgreSQL"
        elif target and "://" in target:
            raise WarehouseError(
                "nothing is known of such an address. Fix: make publish TARGET=postgresql://user@host/database,"
                " or TARGET=folder/"
            )
        elif target and (target.endswith("/") or Path(target).is_dir()):
            said = f"{publish_to_parquet(published_path(), Path(target))} tables published as Parquet in {target}"
            note_place(published_path(), str(Path(target).resolve()))
        else:
            path = Path(target) if target else published_path()
            said = f"{publish(warehouse or warehouse_path(), path)} marts published in {path}"
    console.print(escape(said), highlight=False)


if __name__ == "__main__":
    run_command(
        main, "publish", "make publish TARGET=postgresql://user@host/database READER=bi RESTRICTED=1, or TARGET=folder/"
    )
