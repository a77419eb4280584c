"""The secrets that are mixed into hashes, so that hashing every possible id does not find a person.

Each is made on first use and kept beside the warehouse, readable by its owner alone. They are several because one may
be changed and another may not: new pseudonyms only part new copies from old ones, but with another salt the loader
would no longer know whom to forget. That of the keys of meetings is in raw too, for dbt and Spark to read; the file is
there so that a warehouse that is made again has the same keys.

Beside each lies a check value, the head of a hash of it, so that another salt in its place is refused and never used
in silence. Of the salt of the forgotten, the warehouse itself holds the check value too (``landing.forgotten``).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

from warehouse.errors import WarehouseError, in_words
from warehouse.files import to_disk
from warehouse.locks import only_writer
from warehouse.paths import setting_of

SHORTEST = 16
CHECK_VALUE = re.compile("[0-9a-f]{16}")
# The salt of a warehouse in memory is not kept, and is the same each time.
IN_MEMORY = "a warehouse in memory"


def pseudonym_salt(warehouse: Path) -> str:
    """The salt of the pseudonyms: ``PSEUDONYM_SALT``, or the file ``pseudonym_salt`` beside the warehouse.

    Raises:
        WarehouseError: it is too short to be a secret, is not that of the copies before, or cannot be read or written.
    """
    salt = setting_of("PSEUDONYM_SALT")
    if salt and len(salt) < SHORTEST:
        raise WarehouseError(f"PSEUDONYM_SALT is shorter than {SHORTEST} characters. Fix: a longer one, by chance.")
    path = warehouse.with_name("pseudonym_salt")
    with only_writer(path):
        expected = _read_check(path)
        if salt is None and not path.exists() and expected is not None:
            raise WarehouseError(
                f"{path} is not there, and copies were made with a salt before. Nothing was shared. Fix: give the salt"
                f" again (PSEUDONYM_SALT=…, or the file); or delete {_check_path(path)} for pseudonyms that no longer"
                " join with those of older copies."
            )
        salt = salt or _kept(path)
        if expected not in (None, check_value(salt)):
            raise WarehouseError(
                "this is not the salt of the copies before. Nothing was shared. Fix: the same PSEUDONYM_SALT, or the"
                f" same file {path}; or delete {_check_path(path)} for pseudonyms that no longer join with those of"
                " older copies."
            )
        if expected is None:
            _write_privately(_check_path(path), check_value(salt))
    return salt


def check_value(salt: str) -> str:
    """A value to recognise a salt by. It does not reveal the salt, if that was made by chance."""
    return hashlib.sha256(f"check value of {salt}".encode()).hexdigest()[:16]


def _check_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.check")


def _read_check(path: Path) -> str | None:
    check = _check_path(path)
    try:
        value = check.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WarehouseError(f"{check} cannot be read: {_with_fix(error)}") from error
    if not CHECK_VALUE.fullmatch(value):
        raise WarehouseError(
            f"{check} is damaged, and holds no check value. Nothing was done. Fix: put the file back; or delete it, if"
            f" {path.name} is the salt that was used before."
        )
    return value


def forgotten_salt(warehouse: Path, known: frozenset[str], *, is_in_use: bool) -> str:
    """The salt of the ids of forgotten people: the file ``forgotten_salt`` beside the warehouse.

    Args:
        warehouse: the warehouse.
        known: the check values that the warehouse holds; only without one the file beside the salt decides.
        is_in_use: whether somebody was forgotten.

    Raises:
        WarehouseError: it is in use and not there, so that the loader would not know whom to forget.
    """
    path = warehouse.with_name("forgotten_salt")
    if is_in_use and not path.exists():
        raise WarehouseError(
            f"{path} is not there, and without it the people who were forgotten cannot be recognised."
            " Fix: put the file back that lay beside the warehouse."
        )
    with only_writer(path):
        salt = _kept(path)
        value, written = check_value(salt), _read_check(path)
        if known - {value} or (not known and written not in (None, value)):
            raise WarehouseError(_wrong_forgotten_salt(path))
        if written != value:
            _write_privately(_check_path(path), value)
    return salt


def meeting_salt(warehouse: Path) -> str:
    """A new salt of the keys of private meetings. Only a warehouse that has none gets one."""
    path = warehouse.with_name("meeting_salt")
    with only_writer(path):
        return _kept(path)


def _wrong_forgotten_salt(path: Path) -> str:
    """What is said where the file is not the one with which people were forgotten."""
    return (
        f"{path} is not the salt with which people were forgotten, so that they could not be recognised. Nothing"
        " was changed. Fix: put the file back that lay beside the warehouse."
    )


def _with_fix(error: OSError) -> str:
    said = in_words(error)
    return said if "Fix:" in said else f"{said} Fix: put the file back, or let yourself read it."


def _kept(path: Path) -> str:
    try:
        if not path.exists():
            _write_privately(path, secrets.token_hex(32))
        salt = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise WarehouseError(f"{path} is no text, and so no salt. Fix: put the file back.") from error
    except OSError as error:
        raise WarehouseError(f"{path} cannot be read or written: {_with_fix(error)}") from error
    if len(salt) < SHORTEST:
        raise WarehouseError(f"{path} holds no salt. Fix: put the file back, or delete it if it was never used.")
    return salt


def _write_privately(path: Path, text: str) -> None:
    """Give the file its name only once it is whole: an empty salt would block every later command."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600)
    unfinished.write_text(text, encoding="utf-8")
    to_disk(unfinished)
    unfinished.replace(path)
    to_disk(path.parent)
