"""The settings of dbt_project.yml, for what is not a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from warehouse.paths import PROJECT_ROOT


def read_settings(root: Path = PROJECT_ROOT) -> dict[str, Any]:
    """The settings (`vars`) by name."""
    settings: dict[str, Any] = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return settings
