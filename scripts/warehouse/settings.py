"""The settings of dbt_project.yml, for what is not a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from warehouse.paths import PROJECT_ROOT


def read_settings(root: Path = PROJECT_ROOT) -> dict[str, Any]:
    """The settings (`vars`) by name."""
    settings: dict[str, Any] = read_yaml((root / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return settings


def read_yaml(text: str | bytes) -> Any:
    """What a text of YAML holds. PyYAML in C reads it ten times as fast, and is not installed everywhere."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
