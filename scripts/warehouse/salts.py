"""The two secrets that are mixed into hashes, so that nobody can find a person by hashing every possible id.

Each is made on first use and lies beside the warehouse, readable by its owner alone. They are two because one may be
changed and the other may not: new pseudonyms only part new copies from old ones, but with another salt the loader
would no longer know whom to forget.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from warehouse.errors import WarehouseError, in_words
from warehouse.files import to_disk

SHORTEST = 16


def pseudonym_salt(warehouse: Path) -> str:
    """The salt of the pseudonyms: ``PSEUDONYM_SALT``, or the file ``pseudonym_salt`` beside the warehouse.

    Raises:
        WarehouseError: it is too short to be a secret, or cannot be read or written.
    """
    salt = os.environ.get("PSEUDONYM_SALT", "")
    if salt and len(salt) < SHORTEST:
        raise WarehouseError(f"PSEUDONYM_SALT is shorter than {SHORTEST} characters. Fix: a longer one, by chance.")
    return salt or _kept(warehouse.with_name("pseudonym_salt"))


def forgotten_salt(warehouse: Path, *, is_in_use: bool) -> str:
    """The salt of the ids of forgotten people: the file ``forgotten_salt`` beside the warehouse.

    Raises:
        WarehouseError: it is in use and not there, so that the loader would not know whom to forget.
    """
    path = warehouse.with_name("forgotten_salt")
    if is_in_use and not path.exists():
        raise WarehouseError(
            f"{path} is not there, and without it the people who were forgotten cannot be told from others."
            " Fix: put the file back that lay beside the warehouse."
        )
    return _kept(path)


def _kept(path: Path) -> str:
    try:
        if not path.exists():
            _make(path)
        salt = path.read_text().strip()
    except OSError as error:
        raise WarehouseError(f"{path} cannot be read or written: {in_words(error)}") from error
    if len(salt) < SHORTEST:
        raise WarehouseError(f"{path} holds no salt. Fix: put the file back, or delete it if it was never used.")
    return salt


def _make(path: Path) -> None:
    """Give the file its name only once it is whole, for a salt that is empty would stand in the way."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600)
    unfinished.write_text(secrets.token_hex(32))
    to_disk(unfinished)
    unfinished.replace(path)
    to_disk(path.parent)
