"""Where the warehouse and its copies are.

The names are fixed, for others build on them: ``WAREHOUSE_PATH``, ``PUBLISHED_PATH`` and ``SHARED_PATH``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from warehouse.errors import WarehouseError

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent


def warehouse_path() -> Path:
    """Path of the warehouse: ``WAREHOUSE_PATH``, or ``warehouse/activity.duckdb`` in the project."""
    return _path_of("WAREHOUSE_PATH", "activity.duckdb")


def path_for_dbt(warehouse: Path) -> str:
    """The warehouse as profiles.yml names it, from the project's folder: otherwise dbt parses all again (7 s)."""
    with suppress(ValueError):  # on Windows from one drive to another
        return os.path.relpath(warehouse.resolve(), PROJECT_ROOT)
    return str(warehouse.resolve())


def marts_path(warehouse: Path) -> Path:
    """Path of the file beside the warehouse where dbt builds the marts (profiles.yml)."""
    return Path(f"{warehouse}.marts")


def log_paths(database: Path) -> list[Path]:
    """Paths of the logs that DuckDB may leave beside a file when its process dies, or the disk is full."""
    return [Path(f"{database}.wal{ending}") for ending in ("", ".checkpoint", ".recovery")]


def published_path() -> Path:
    """Path of the read-only copy: ``PUBLISHED_PATH``, or ``warehouse/published.duckdb`` in the project."""
    return _path_of("PUBLISHED_PATH", "published.duckdb")


def shared_path() -> Path:
    """Path of the copy with pseudonyms: ``SHARED_PATH``, or ``warehouse/shared.duckdb`` in the project."""
    return _path_of("SHARED_PATH", "shared.duckdb")


def _path_of(setting: str, name: str) -> Path:
    return Path(setting_of(setting) or PROJECT_ROOT / "warehouse" / name)


def setting_of(name: str) -> str | None:
    """A setting that decides where data go or who may read them; None if it is not given.

    Raises:
        WarehouseError: it is blank, most likely because a variable of the shell is not set.
    """
    value = os.environ.get(name)
    if value is not None and not value.strip():
        raise WarehouseError(f"{name} is blank. Nothing was done. Fix: give it a value, or leave it out.")
    return value
