"""A copy of the project to build elsewhere, without the models and tests of the site."""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.paths import PROJECT_ROOT

NEEDED_BY_DBT = ("models", "seeds", "macros", "tests/generic", "dbt_project.yml", "profiles.yml", "selectors.yml")


def copy_to(target: Path, *more: str) -> None:
    """Copy what dbt needs to a folder that exists, and more of the project by its names.

    Macros of the site come along: those of ours may use one that takes the place of dbt's.
    """
    for name in (*NEEDED_BY_DBT, *more):
        source = PROJECT_ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=_left_out, dirs_exist_ok=True)
        else:
            shutil.copy(source, target / name)


def _left_out(folder: str, names: list[str]) -> set[str]:
    if Path(folder) in (PROJECT_ROOT / "models" / "site", PROJECT_ROOT / "tests" / "site"):
        return set(names) - {"README.md"}
    return {"__pycache__"}
