"""One writer per output: who comes second waits, or learns who is first.

A lock is a file beside the output. The system frees it when its process ends, however it ends, so a killed command
leaves nothing that has to be cleared by hand.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from warehouse.errors import WarehouseError
from warehouse.visible import visible

try:
    import fcntl
except ImportError:  # Windows has no such module
    fcntl = None  # type: ignore[assignment]

# So long a command waits for another that writes the same output.
PATIENCE_SECONDS = 600.0
POLL_SECONDS = 0.1

_held: dict[Path, int] = {}


@contextmanager
def only_writer(path: Path, *, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Be the only one of these commands that writes a file or a folder; inside of each other it is one lock.

    Raises:
        WarehouseError: another command has it for longer than the patience lasts.
        OSError: the lock cannot be written.
    """
    path = Path(os.path.realpath(path))
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    opened = _take(lock, path, patience)
    _held[path] = opened
    try:
        yield
    finally:
        del _held[path]
        if fcntl is not None:
            # While it is held, so that no other process loses its lock.
            with suppress(OSError):
                lock.unlink()
        os.close(opened)


def _take(lock: Path, path: Path, patience: float) -> int:
    until = time.monotonic() + patience
    is_said = False
    while True:
        opened = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        if try_lock(opened) and _is_still_there(lock, opened):
            _sign(opened)
            return opened
        holder = os.pread(opened, 200, 0).decode(errors="replace") if hasattr(os, "pread") else ""
        os.close(opened)
        in_use = f"{path} is in use by {holder or 'another command'}"
        if time.monotonic() >= until:
            raise WarehouseError(f"{in_use}. Fix: wait until it has ended, and give the command again.")
        if not is_said:
            print(f"{visible(in_use)}: waiting for it.", file=sys.stderr, flush=True)
            is_said = True
        time.sleep(POLL_SECONDS)


def require_shared_locks() -> None:
    """See that processes can share a lock, as dbt and several loaders do: Linux keeps them in /dev/shm.

    Raises:
        WarehouseError: they cannot, and none of them would say why.
    """
    # Few commands need it, and it takes milliseconds.
    import multiprocessing

    try:
        multiprocessing.Lock()
    except OSError as error:
        raise WarehouseError(
            f"processes can share no lock here: {error.strerror}. Fix: see that /dev/shm is there and"
            " can be written (mount -t tmpfs tmpfs /dev/shm), or work on another machine."
        ) from error


def try_lock(opened: int) -> bool:
    """Lock a file that is open; returns False where another process has locked it."""
    if fcntl is not None:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
    import msvcrt  # type: ignore[unreachable, unused-ignore]

    try:
        # Beyond what is written there, for Windows would not let others read what is locked.
        os.lseek(opened, 1024, os.SEEK_SET)
        msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _is_still_there(lock: Path, opened: int) -> bool:
    """Whether the file that was locked has its name yet: who was first removes it at the end."""
    try:
        return os.path.samestat(os.fstat(opened), lock.stat())
    except FileNotFoundError:
        return False


def _sign(opened: int) -> None:
    command = Path(sys.argv[0]).name or "python"
    os.ftruncate(opened, 0)
    os.lseek(opened, 0, os.SEEK_SET)
    os.write(opened, f"process {os.getpid()} ({command}, since {datetime.now(UTC):%H:%M:%S} UTC)".encode())
