"""The settings of dbt_project.yml, for what is not a model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from warehouse.database import time_zones
from warehouse.errors import WarehouseError
from warehouse.macros import with_macros
from warehouse.paths import PROJECT_ROOT

RULES = Path("macros") / "require_known_settings.sql"


def read_settings(root: Path = PROJECT_ROOT) -> dict[str, Any]:
    """The settings (`vars`) by name.

    Raises:
        WarehouseError: one has a value that it cannot have. A build refuses it too, but this may come before the next.
    """
    return dict(_known((root / "dbt_project.yml").read_text(encoding="utf-8")))


@cache
def _known(project: str) -> dict[str, Any]:
    """The settings of a text of dbt_project.yml: a command asks several times, and each check takes 25 ms."""
    settings: dict[str, Any] = read_yaml(project).get("vars") or {}
    macros = settings_macros(settings)
    macros["require_known_settings"]()
    known = macros["setting_rules"]()
    for name in settings.keys() - known.keys():
        # A fork may have settings of its own, if their names are not a letter or two from one of ours.
        for near in get_close_matches(name, known, 1, cutoff=0.95):
            raise WarehouseError(
                f"dbt_project.yml has a setting {name}, which is almost {near}. Fix: correct its name, or delete the"
                " line."
            )
    return settings


def settings_macros(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The macros that know what each setting may be, over some settings; they raise a WarehouseError."""

    def refuse(text: str) -> None:
        raise WarehouseError(text)

    return with_macros(
        [(PROJECT_ROOT / RULES).read_text(encoding="utf-8")],
        builtins={"var": settings.get},
        exceptions={"raise_compiler_error": refuse},
        tojson=lambda value, default=None: json.dumps(value, default=lambda _: default),
        modules={"re": re, "pytz": {"all_timezones": time_zones()}},
    ).globals


def read_yaml(text: str | bytes) -> Any:
    """What a text of YAML holds. PyYAML in C reads it ten times as fast, and is not installed everywhere."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
