"""Publish the marts: a read-only copy for BI tools, swapped in at once; from it, to PostgreSQL or Parquet.

dbt makes the marts in a file of their own beside the warehouse (profiles.yml), and to publish is to copy that file.
Readers of the copy never meet a lock or a half-built warehouse: the copy is made beside the old one and takes its
place in one step (a rename). Who has the old one open goes on reading it until they open it again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

from publishing.access import open_way, published_mode
from publishing.places import note_file
from publishing.published_tables import PUBLISHED_SCHEMAS, write_comments
from warehouse.copies import PUBLISHED, Mark, read_every_block, require_place_for, write_mark
from warehouse.database import damaged, opened
from warehouse.errors import WarehouseError
from warehouse.files import replace_file
from warehouse.locks import only_writer
from warehouse.mart_models import read_models
from warehouse.paths import marts_path
from warehouse.unfinished_builds import refuse_a_mixture


def publish(warehouse: Path, published: Path) -> int:
    """Copy the file of the marts, and read every block of the copy before it takes its place; returns how many marts.

    Raises:
        WarehouseError: there is nothing to publish, or only what an unfinished build left, or one of the files cannot
            be opened or written, or is damaged, or something else than a published copy is in the place. What was
            published before stays.
    """
    marts = marts_path(warehouse)
    if os.path.realpath(published) in map(os.path.realpath, (warehouse, marts)):
        raise WarehouseError(f"the published copy would replace {published}. Fix: another PUBLISHED_PATH.")
    there = require_place_for(published, PUBLISHED)
    if not warehouse.exists():
        raise WarehouseError(f"there is no warehouse at {warehouse}. Fix: make build")
    mode = published_mode(there)
    # The warehouse stays locked meanwhile, so that no build writes to the marts.
    with only_writer(warehouse, patience=0), opened(warehouse, read_only=False) as connection:
        refuse_a_mixture(connection, ", and nothing was published")
        count = _count_marts(marts, Mark(PUBLISHED, file_mode=mode))

        def copy(unfinished: Path) -> int:
            # Again, for another command may have written there while this one waited.
            require_place_for(published, PUBLISHED)
            shutil.copyfile(marts, unfinished)
            return count

        def check(unfinished: Path) -> None:
            try:
                read_every_block(unfinished)
            except (WarehouseError, duckdb.Error) as error:
                # It is a copy of this file.
                cause = error.__cause__
                raise damaged(marts, cause if isinstance(cause, duckdb.Error) else error) from error
            open_way(unfinished, published, mode)

        count = replace_file(published, copy, check)
    note_file(warehouse, published)
    return count


def _count_marts(marts: Path, mark: Mark) -> int:
    """How many marts there are; what a killed build left in the log beside the file is in the file afterwards.

    The mark and the comments of the copy are written here, so that the copy is this file to the byte.

    Raises:
        WarehouseError: there are none, or one is a view, which would read the warehouse.
    """
    tables: list[tuple[str, bool]] = []
    if marts.exists():
        with opened(marts, read_only=False) as connection:
            tables = connection.execute(
                """
                select table_name, table_type = 'VIEW' from information_schema.tables
                where list_contains(?, table_schema) order by all
                """,
                [list(PUBLISHED_SCHEMAS)],
            ).fetchall()
            if tables:
                write_mark(connection, mark)
                write_comments(connection, read_models())
            connection.execute("checkpoint")
    if not tables:
        raise WarehouseError("the warehouse holds no marts yet. Fix: make build, or .venv/bin/dbt build")
    views = [name for name, is_view in tables if is_view]
    if views:
        raise WarehouseError(
            f"{', '.join(views)} would read the warehouse, which the published copy does not have. Fix: no mart is"
            " a view; make it a table (materialized: table)."
        )
    return len(tables)
