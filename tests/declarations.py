"""What the YAML files beside our models and seeds declare."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conftest import ROOT


def our_models(suffix: str) -> list[Path]:
    """The files of our models that end so, such as .sql: the site has rules of its own (models/site/README.md)."""
    site = ROOT / "models" / "site"
    return [path for path in sorted((ROOT / "models").rglob(f"*{suffix}")) if site not in path.parents]


@cache
def _texts() -> list[str]:
    return [path.read_text() for path in [*our_models(".yml"), *sorted((ROOT / "seeds").rglob("*.yml"))]]


@cache
def _read(text: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return read


def declared(kind: str) -> list[dict[str, Any]]:
    """All of a kind, such as models or metrics, in the order of the files."""
    # Most files have no metrics, and to read all takes half a second of each start of the tests.
    return [thing for text in _texts() if f"\n{kind}:" in text for thing in _read(text)[kind] or []]


def by_name(kind: str) -> dict[str, dict[str, Any]]:
    """All of a kind by name."""
    return {thing["name"]: thing for thing in declared(kind)}
