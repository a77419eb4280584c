"""Where `make publish` publishes to: the published copy, PostgreSQL, or a folder of Parquet files."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from publishing.parquet import publish_to_parquet
from publishing.places import note_place
from publishing.postgres import is_postgres, publish_to_postgres
from publishing.publish import publish
from publishing.published_tables import left_out
from warehouse.command_line import counted, one_line
from warehouse.copies import copy_kind
from warehouse.errors import WarehouseError
from warehouse.paths import published_path


def publish_to(target: str | None, warehouse: Path, reader: str, console: Console, *, shows_restricted: bool) -> str:
    """Publish to where a target says, and note it if an erasure must find it again; returns what was done, in words.

    Raises:
        WarehouseError: it cannot be done. What was published before stays.
    """
    published = published_path()
    if target is None:
        return f"{publish(warehouse, published)} marts published in {published}"
    if not target.strip():
        raise WarehouseError("--target is blank. Nothing was done. Fix: give it a value, or leave it out.")
    if is_postgres(target):
        publication = publish_to_postgres(
            published, target, reader=reader, shows_restricted=shows_restricted, console=console
        )
        for note in publication.notes:
            console.print(f"[yellow]{one_line(note)}[/yellow]")
        note_place(warehouse, target, copy_kind(published))
        said = f"{counted(publication.tables, 'table')} with {counted(publication.rows, 'row')} published to PostgreSQL"
        return f"{said}. {missing}" if (missing := left_out(published)) else said
    if "://" in target:
        raise WarehouseError(
            "nothing is known of such an address. Fix: make publish TARGET=postgresql://user@host/database,"
            " or TARGET=folder/"
        )
    path = Path(target)
    if target.endswith("/") or path.is_dir():
        said = f"{publish_to_parquet(published, path)} tables published as Parquet in {target}"
        note_place(warehouse, os.path.realpath(path), copy_kind(published))
        return f"{said}. {missing}" if (missing := left_out(published)) else said
    return f"{publish(warehouse, path)} marts published in {path}"
