"""Rebuild everything from raw, after something was taken out of it: the file, the marts and the copies.

All of it can be done again, so that a command which ends with it goes on where it was interrupted.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console

from building.dbt import run_dbt, why_not_built
from page.write_page import page_path, require_place_for_page, shared_page_path, write_page
from publishing.publish import publish
from publishing.share import minimum_for, share
from warehouse.copies import PUBLISHED, SHARED, require_place_for
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.files import replace_file
from warehouse.paths import log_paths, published_path, shared_path, warehouse_path
from warehouse.raw_tables import prepare_raw
from warehouse.salts import pseudonym_salt


@dataclass(frozen=True)
class Files:
    """The warehouse and its copies."""

    warehouse: Path
    published: Path
    shared: Path

    @classmethod
    def of_environment(cls) -> Files:
        """Where the environment says that they are."""
        return cls(warehouse_path().resolve(), published_path().resolve(), shared_path().resolve())

    def open_warehouse(self) -> duckdb.DuckDBPyConnection:
        """Open the warehouse.

        Raises:
            WarehouseError: there is none, or it cannot be opened.
        """
        if not self.warehouse.exists():
            raise WarehouseError(f"there is no warehouse at {self.warehouse}. Fix: make build")
        return connect(self.warehouse)


def require_places(files: Files) -> None:
    """See, before anything is begun, that each copy and each page may take its place, and that its salt is there.

    Raises:
        WarehouseError: that is not so. Else the work would be begun, and no command could finish it.
    """
    require_place_for(files.published, PUBLISHED)
    require_place_for_page(page_path(files.published), PUBLISHED)
    if files.shared.exists():
        require_place_for(files.shared, SHARED)
        require_place_for_page(shared_page_path(files.shared), SHARED)
        pseudonym_salt(files.warehouse)


def rebuild(files: Files, done: str, console: Console) -> str:
    """Compact the warehouse, build it, and write the existing copies again.

    Args:
        files: the warehouse, which no process has open, and its copies.
        done: what was done to raw, to say so if the rest fails.
        console: where dbt's progress is shown.

    Returns:
        Where it is done: the warehouse, and the copies that there were.

    Raises:
        WarehouseError: one of the steps failed. Those before it stay done.
    """
    compact(files.warehouse)
    result = run_dbt(files.warehouse, console)
    if not result.success:
        why = why_not_built(result, files.warehouse)
        fix = "" if "Fix:" in why else " Fix: correct it, and give the same command again."
        raise WarehouseError(
            f"{done} in raw, but the warehouse could not be built: {why} The copies are still the old ones.{fix}"
        )
    names = [name for name, path in (("published", files.published), ("shared", files.shared)) if path.exists()]
    publish(files.warehouse, files.published)
    write_page(files.published, page_path(files.published))
    if files.shared.exists():
        share(files.published, files.shared, pseudonym_salt(files.warehouse), minimum_for(files.shared))
        write_page(files.shared, shared_page_path(files.shared))
    return " and the ".join(["the warehouse", *names]) + (" copy" if names else "")


def compact(warehouse: Path) -> None:
    """Put a new file with raw alone in the place of the warehouse: DuckDB leaves what it frees in the file.

    Raises:
        WarehouseError: the file cannot be written; the old one stays.
    """

    def make(unfinished: Path) -> int:
        with connect(warehouse) as connection:
            row = connection.execute("select current_database()").fetchone()
            old = row[0] if row else ""
            connection.execute("attach $path as compacted", {"path": str(unfinished)})
            connection.execute("use compacted")
            prepare_raw(connection)
            tables = connection.execute(
                "select table_name from duckdb_tables() where database_name = ? and schema_name = 'raw'", [old]
            ).fetchall()
            for (table,) in tables:
                connection.execute(f'insert into raw."{table}" by name from "{old}".raw."{table}"')
            connection.execute(f'use "{old}"; detach compacted')
        if any(log.exists() for log in log_paths(warehouse)):
            raise WarehouseError(f"{warehouse} is in use. Fix: close the other program, and give the command again.")
        return len(tables)

    replace_file(warehouse, make)
    shutil.rmtree(f"{warehouse}.tmp", ignore_errors=True)
