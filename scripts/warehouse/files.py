"""Files that outlast a power cut, and that take their place once they are whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseError, in_words


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would outlast a power cut."""
    # Some file systems, and Windows, know no such thing for a folder.
    with suppress(OSError) if path.is_dir() else nullcontext():
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def remove_database(path: Path) -> None:
    """Remove a DuckDB file, if it is there, and the log beside it that a killed process leaves."""
    for file in (path, Path(f"{path}.wal")):
        with suppress(NotADirectoryError):
            file.unlink(missing_ok=True)


# A file written in this format can be opened by BI drivers that still carry DuckDB 1.2.
PUBLISHED_STORAGE_VERSION = "v1.2.0"


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
