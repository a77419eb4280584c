"""Files that outlast a power cut, and that take their place once they are whole."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TypeVar

import duckdb

from warehouse.copies import PUBLISHED, refuse_inside_a_shared_copy
from warehouse.database import BLOCK_SIZE, STORAGE_VERSION, text_of
from warehouse.errors import WarehouseError, in_words, is_damage
from warehouse.locks import only_writer
from warehouse.paths import log_paths

Made = TypeVar("Made")


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
    """Remove a DuckDB file, if it is there, and the logs beside it."""
    for file in (path, *log_paths(path)):
        with suppress(NotADirectoryError):
            file.unlink(missing_ok=True)


UNFINISHED = ".unfinished"


def replace_file(
    path: Path, make: Callable[[Path], int], check: Callable[[Path], None] | None = None, *, kind: str = PUBLISHED
) -> int:
    """Make a file under a name of its own beside its place and let it take the place once it is whole and checked.

    Args:
        path: the place.
        make: writes the file that it is given; what it counts is returned.
        check: reads the new file, and raises if it may not take the place.
        kind: that of the copy that the file is made of. Only a shared one names no people.

    Raises:
        WarehouseError: it cannot be written, another command writes it, or it may name people and its folder is that
            of a shared copy. The file that was there stays, and no part
            of the new one.
    """
    refuse_inside_a_shared_copy(path, kind)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with only_writer(path):
            try:
                _clear_unfinished(path)
                made = make(unfinished)
                if check is not None:
                    _checked(unfinished, check)
                # Else a power cut might leave the new name without the new bytes.
                to_disk(unfinished)
                unfinished.replace(path)
                to_disk(path.parent)
            finally:
                # The first error is the one to report, and not that this fails too.
                with suppress(OSError):
                    remove_database(unfinished)
    except (OSError, duckdb.Error) as error:
        raise not_written(path, error) from error
    return made


def not_written(path: Path, error: Exception) -> Exception:
    """What to raise where a file or a folder cannot be made; a file that is read for it and is damaged is another."""
    if is_damage(error):
        return error
    return WarehouseError(f"{path} cannot be written: {in_words(error)}")


def _checked(unfinished: Path, check: Callable[[Path], None]) -> None:
    """Check a new file while the system writes it to the disk, and say so if it is this one that is damaged."""
    try:
        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(to_disk, unfinished)
            check(unfinished)
            written.result()
    except duckdb.Error as error:
        raise WarehouseError(f"{unfinished} was written and cannot be read: {in_words(error)}") from error


def replace_folder(folder: Path, make: Callable[[Path], Made]) -> Made:
    """Make a folder under a name of its own beside its place and let it take the place once it is whole.

    Args:
        folder: the place.
        make: writes the folder that it is given, which is not there yet; what it returns is returned.

    Raises:
        WarehouseError: it cannot be written, or another command writes it. The folder that was there stays.
    """
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        with only_writer(folder):
            try:
                made = make(unfinished)
                shutil.rmtree(folder, ignore_errors=True)
                unfinished.replace(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except (OSError, duckdb.Error) as error:
        raise not_written(folder, error) from error
    return made


def _clear_unfinished(path: Path) -> None:
    """Remove what killed commands left; no other process writes meanwhile."""
    name = glob.escape(path.name)
    for left in (*path.parent.glob(f"{name}.*{UNFINISHED}*"), *path.parent.glob(f"{name}{UNFINISHED}*")):
        if left.is_file():
            left.unlink(missing_ok=True)


def attach_new(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a new file that drivers of DuckDB 1.3 can read too."""
    layout = f"storage_version '{STORAGE_VERSION}', block_size {BLOCK_SIZE}"
    connection.execute(f"attach {text_of(str(path))} as {name} (read_write, {layout})")
