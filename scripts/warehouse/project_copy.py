"""A copy of the project to build elsewhere, for who needs reports, seeds and a warehouse of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.paths import PROJECT_ROOT

NEEDED_BY_DBT = ("models", "seeds", "macros", "tests/generic", "dbt_project.yml", "profiles.yml", "selectors.yml")


def copy_to(target: Path, *more: str) -> None:
    """Copy what dbt needs to a folder that exists, and more of the project by its names."""
    for name in (*NEEDED_BY_DBT, *more):
        source = PROJECT_ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copy(source, target / name)
