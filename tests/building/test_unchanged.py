"""A build is left out only where nothing that decides what it makes has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from building.unchanged import LastBuild

WAREHOUSE, PUBLISHED = "warehouse/activity.duckdb", "warehouse/published.duckdb"
FILES = (WAREHOUSE, f"{WAREHOUSE}.marts", PUBLISHED, "models/fct_a.sql", "seeds/site/contests.csv", "dbt_project.yml")


def last_build(root: Path) -> LastBuild:
    return LastBuild(root / WAREHOUSE, root / PUBLISHED, root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that has just been built."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as built")
        (tmp_path / name).chmod(0o600)
    last_build(tmp_path).remember()
    return tmp_path


def later(path: Path) -> None:
    """Write the same bytes a second later."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))


CHANGES: dict[str, Callable[[Path], object]] = {
    "the warehouse was written": lambda root: later(root / WAREHOUSE),
    "the warehouse has a log": lambda root: (root / f"{WAREHOUSE}.wal").write_text("left by a killed process"),
    "the marts were written": lambda root: later(root / f"{WAREHOUSE}.marts"),
    "the marts are gone": lambda root: (root / f"{WAREHOUSE}.marts").unlink(),
    "the published copy was written": lambda root: later(root / PUBLISHED),
    "the published copy was opened to others": lambda root: (root / PUBLISHED).chmod(0o644),
    "the published copy is gone": lambda root: (root / PUBLISHED).unlink(),
    "a model changed": lambda root: (root / "models/fct_a.sql").write_text("as after"),
    "a model is gone": lambda root: (root / "models/fct_a.sql").unlink(),
    "a model is new": lambda root: (root / "models/fct_b.sql").write_text(""),
    "a seed of the user changed": lambda root: (root / "seeds/site/contests.csv").write_text("as after"),
    "a setting changed": lambda root: (root / "dbt_project.yml").write_text("as after"),
    "the last build was not remembered": lambda root: last_build(root).forget(),
}


def test_after_a_build_nothing_is_to_be_built(root: Path) -> None:
    assert last_build(root).is_current()
    (root / "README.md").write_text("what no model reads")
    assert last_build(root).is_current()


@pytest.mark.parametrize("change", CHANGES)
def test_what_decides_what_a_build_makes_starts_one(root: Path, change: str) -> None:
    CHANGES[change](root)
    assert not last_build(root).is_current()


@pytest.mark.parametrize("setting", ["DBT_FULL_REFRESH", "PUBLISHED_MODE"])
def test_a_setting_in_the_environment_starts_a_build(root: Path, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(setting, "")
    assert not last_build(root).is_current()


def test_a_model_that_changes_while_a_build_lasts_starts_the_next(root: Path) -> None:
    lasting = last_build(root)
    (root / "models/fct_a.sql").write_text("as after")
    lasting.remember()
    assert not last_build(root).is_current()
