"""What goes wrong with files and databases, in words that say what to do."""

from __future__ import annotations

from collections.abc import Mapping


class WarehouseError(Exception):
    """Something about the warehouse file that the user can put right; the message says how."""


# The system's words when a file cannot grow or be written, and ours to the user.
DISK_TROUBLES = {
    "No space left on device": "the disk is full. Fix: free some space, and give the same command again",
    "Disk quota exceeded": "the disk quota is used up. Fix: free some space, and give the same command again",
    "File too large": "a file may not grow any larger here. Fix: raise the limit (ulimit -f), or free some space",
    "Read-only file system": "the disk is read-only. Fix: make it writable, and give the same command again. A new"
    " warehouse can be elsewhere: make build WAREHOUSE_PATH=…",
    "Input/output error": "the disk reports an error. Fix: see whether it is sound",
}
OUT_OF_MEMORY = "Out of Memory Error"
# The same of the memory and of the rights of the user.
TROUBLES = {
    **DISK_TROUBLES,
    OUT_OF_MEMORY: "the memory is used up. Fix: MEMORY_LIMIT=… with more if this machine has more, or with less if"
    " other programs need it",
    "Permission denied": "your user may not do that (Permission denied). Fix: give it the right to read and write the"
    " file and its folder, or name another place",
    "Too many open files": "too many files are open. Fix: raise the limit (ulimit -n 8192), or close other programs",
    "Not a directory": "a part of the path is a file, and no folder. Fix: name another place, or move that file away",
    "Is a directory": "a folder is in the place of a file. Fix: name another place, or move the folder away",
    "File exists": "a file is in the place of a folder. Fix: name another place, or move that file away",
    "File name too long": "a name in the path is too long. Fix: a shorter one",
    "Too many levels of symbolic links": "the path leads through a link to itself. Fix: name another place, or delete"
    " the link",
}


def disk_trouble(message: str) -> str | None:
    """What an error says about the disk, in words with a fix; None if it is about something else."""
    return trouble(message, DISK_TROUBLES)


def trouble(message: str, troubles: Mapping[str, str] = TROUBLES) -> str | None:
    """What an error says about the disk, the memory or the rights, in words with a fix; None for anything else."""
    return next((words for said, words in troubles.items() if said in message), None)


NO_DATABASE = "not a valid DuckDB database"
# What DuckDB says when the file itself is damaged, and afterwards.
DAMAGES = (
    *("Corrupt database file", "checksum", "database has been invalidated", NO_DATABASE),
    # One that is cut off.
    "Could not read enough bytes",
)


def is_damage(error: Exception) -> bool:
    """Whether an error says that a database file is damaged, so that no later statement can do better."""
    return any(said in str(error) for said in DAMAGES)


def in_words(error: Exception) -> str:
    """What an error says, in a sentence: about the disk, the memory or the rights in our words, else in its own."""
    message = str(error)
    own = (
        error.strerror
        if isinstance(error, OSError) and error.strerror
        else (message.splitlines() or [type(error).__name__])[0].rstrip(". ")
    )
    return f"{trouble(message) or own}."
