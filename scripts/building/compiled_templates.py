"""The code that Jinja makes of macros and models, kept for the next build: a seventh of a build of the sample.

Python keeps that of modules in __pycache__; dbt keeps that of no template.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from types import CodeType

from building.quick_dbt import compile_templates_with
from warehouse.errors import WarehouseError
from warehouse.files import replace_file

# What the code of a template depends on beside its text and its environment.
MADE_BY = " ".join([sys.version, *(version(package) for package in ("jinja2", "dbt-common", "dbt-core"))])
DIGEST_BYTES = hashlib.sha256().digest_size


@contextmanager
def compiled_templates(path: Path) -> Iterator[None]:
    """Let Jinja compile what the last build did not, while the context lasts. The code of other versions is left out.

    Args:
        path: the file for the code of what was used, which is as trusted as dbt's own files beside it.
    """
    known = _read(path)
    used: dict[tuple[str, str], CodeType] = {}

    def once(key: tuple[str, str], compiled: Callable[[], CodeType]) -> CodeType:
        if key not in used:
            used[key] = known.get(key) or compiled()
        return used[key]

    restore = compile_templates_with(once)
    try:
        yield
    finally:
        restore()
        if used.keys() - known.keys():
            # Without it the next build takes a second longer.
            with suppress(WarehouseError):
                replace_file(path, lambda unfinished: unfinished.write_bytes(_as_bytes(used)))


def _as_bytes(code: dict[tuple[str, str], CodeType]) -> bytes:
    content = marshal.dumps(code)
    return _digest(content) + content


def _read(path: Path) -> dict[tuple[str, str], CodeType]:
    """The code in a file, or none if other versions made it, or it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    digest, content = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    known: dict[tuple[str, str], CodeType] = marshal.loads(content) if digest == _digest(content) else {}
    return known


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(MADE_BY.encode() + content).digest()
