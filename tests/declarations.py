"""What the YAML files beside models and seeds declare."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from conftest import ROOT


@cache
def _files() -> list[dict[str, Any]]:
    paths = [path for folder in ("models", "seeds") for path in sorted((ROOT / folder).rglob("*.yml"))]
    return [yaml.load(path.read_text(), Loader=yaml.CSafeLoader) for path in paths]


def declared(kind: str) -> list[dict[str, Any]]:
    """All of a kind, such as models or metrics, in the order of the files."""
    return [thing for file in _files() for thing in file.get(kind) or []]


def by_name(kind: str) -> dict[str, dict[str, Any]]:
    """All of a kind by name."""
    return {thing["name"]: thing for thing in declared(kind)}
