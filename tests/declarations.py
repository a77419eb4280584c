"""What the YAML files beside models and seeds declare."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from conftest import ROOT


@cache
def _texts() -> list[str]:
    return [path.read_text() for folder in ("models", "seeds") for path in sorted((ROOT / folder).rglob("*.yml"))]


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
