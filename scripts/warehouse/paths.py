"""Where the warehouse and its copies are.

The names are fixed, for others build on them: ``WAREHOUSE_PATH``, ``PUBLISHED_PATH`` and ``SHARED_PATH``.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from warehouse.errors import WarehouseError, in_words

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
    path = Path(setting_of(setting) or PROJECT_ROOT / "warehouse" / name)
    require_file(path, setting)
    return path


def require_file(path: Path, setting: str) -> None:
    """See that a database file is in a place, or may come there: who opens a pipe waits for ever.

    Raises:
        WarehouseError: it is a folder or another thing that is no file, or no path leads there.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, PermissionError):
        # There is none yet; and whoever opens one says whose it is.
        return
    except OSError as error:
        raise WarehouseError(f"{setting}={path} is no place of a file: {in_words(error)}") from error
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
        raise WarehouseError(
            f"{setting}={path} is {what}. Nothing was done. Fix: give it the path of a file; it need not exist yet."
        )


def resolved(path: Path) -> Path:
    """A whole path without links; unlike Path.resolve it takes one that leads to itself, and who opens it says so."""
    return Path(os.path.realpath(path))


def setting_of(name: str) -> str | None:
    """A setting that decides where data go or who may read them; None if it is not given.

    Raises:
        WarehouseError: it is blank, most likely because a variable of the shell is not set.
    """
    value = os.environ.get(name)
    if value is not None and not value.strip():
        raise WarehouseError(f"{name} is blank. Nothing was done. Fix: give it a value, or leave it out.")
    return value
