"""Whether a build would make what is there already: the same records, read by the same code.

After a build that published, a file beside the warehouse keeps a hash of all that decides what a build makes. While it
holds, ``make build`` starts no dbt. Size, time and mode of a file stand for it: whatever writes to the warehouse, to
the marts or to the published copy, dbt by hand too, makes the next build a whole one.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from warehouse.paths import PROJECT_ROOT, log_paths, marts_path

# dbt reads these, and scripts/ is the code around it.
FOLDERS = ("models", "macros", "seeds", "tests", "scripts")
FILES = ("dbt_project.yml", "profiles.yml", "selectors.yml")
SUFFIXES = (".sql", ".yml", ".yaml", ".csv", ".py")
# Settings in the environment that change what dbt makes, or who may read what is published.
SETTINGS = "DBT_.*|PUBLISHED_MODE"
BUILT = ".built"
PACKAGES = ("dbt-core", "dbt-adapters", "dbt-duckdb", "duckdb")


class LastBuild:
    """What the last build of a warehouse was made of, and whether it still is."""

    def __init__(self, warehouse: Path, published: Path, root: Path = PROJECT_ROOT) -> None:
        """Look at the code as it is now, before a build that may take minutes."""
        self.note = Path(f"{warehouse}{BUILT}")
        self.files = (warehouse, marts_path(warehouse), published)
        self.code = _hash_of(_code(root))

    def is_current(self) -> bool:
        """Whether a build now would make the same."""
        with suppress(OSError):
            return self.note.read_text(encoding="utf-8") == self._state()
        return False

    def forget(self) -> None:
        """Take nothing for granted, because a build begins."""
        self.note.unlink(missing_ok=True)

    def remember(self) -> None:
        """Keep what the build that has just ended well was made of."""
        # Without it the next build makes all again.
        with suppress(OSError):
            self.note.write_text(self._state(), encoding="utf-8")

    def _state(self) -> str:
        return _hash_of([self.code, *(_file_state(path) for path in self.files)])


def _hash_of(parts: Iterator[str] | list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _file_state(path: Path) -> str:
    found = path.stat()
    # A killed process leaves a log whose content is not in the file yet.
    has_log = any(log.exists() for log in log_paths(path))
    return f"{path.resolve()} {found.st_size} {found.st_mtime_ns} {found.st_mode:o} {has_log}"


def _code(root: Path) -> Iterator[str]:
    yield sys.version
    for package in PACKAGES:
        yield f"{package} {version(package)}"
    settings = ((name, value) for name, value in sorted(os.environ.items()) if re.fullmatch(SETTINGS, name))
    yield from (f"{name}={value}" for name, value in settings)
    found = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in SUFFIXES]
    for path in sorted([*found, *(root / name for name in FILES)]):
        if path.is_file():
            yield f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}"
