"""What the tests share: the project as a user runs it, on reports and a warehouse of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from project_copy import copy_to
from warehouse import RAW_TABLES, marts_path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Project:
    """A copy of the project, so that a test may put reports and seeds of its own into it."""

    root: Path

    @property
    def published(self) -> Path:
        """The published copy of the warehouse."""
        return self.root / "warehouse" / "published.duckdb"

    @property
    def shared(self) -> Path:
        """The copy with pseudonyms."""
        return self.root / "warehouse" / "shared.duckdb"

    @property
    def warehouse(self) -> Path:
        """The warehouse."""
        return self.root / "warehouse" / "activity.duckdb"

    @property
    def as_built(self) -> Path:
        """What dbt wrote of the sample's build; its own folder is written anew by whatever dbt does next."""
        return self.root / "target_as_built"

    @property
    def marts(self) -> Path:
        """The file in which dbt makes the marts."""
        return marts_path(self.warehouse)

    def take_over(self, other: Project) -> None:
        """Begin with what another project has built, which is not published."""
        shutil.copy(other.warehouse, self.warehouse)
        shutil.copy(other.marts, self.marts)

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project with an environment that sets nothing of ours but these settings."""
        paths = ("WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH")
        declared = ("SITE", "TIME_ZONE", "DATE_FORMAT", "ENCODING", "AGAIN")
        ours = (*paths, *declared, "MEMORY_LIMIT", "PSEUDONYM_SALT", "MINIMUM_COHORT_SIZE")
        environment = {name: value for name, value in os.environ.items() if name not in ours} | settings
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False, timeout=600
        )

    def build(self, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """What `make build` runs once the environment is set up."""
        return self.run(sys.executable, "scripts/build_warehouse.py", *options, **settings)

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt as a user does by hand."""
        return self.run(str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer of the marts, published or not; all beneath them is in ``activity``."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.execute(f"attach '{self.marts}' as published (read_only); use published")
            return connection.execute(sql).fetchall()

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The published marts, read-only."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            yield connection


def copy_project(target: Path) -> Project:
    """Copy what a build needs to a folder; the reports stay behind."""
    copy_to(target, "scripts", "page", "sample")
    for name in ("reports", "target", "warehouse"):
        (target / name).mkdir()
    # What dbt parsed here last, of the linter's run at the latest, saves it 7 s; whatever has changed it parses anew.
    parsed = ROOT / "target" / "partial_parse.msgpack"
    if parsed.exists():
        shutil.copy(parsed, target / "target")
    return Project(target)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory into which nothing was landed yet."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(RAW_TABLES)
        yield connection


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project that nothing was built in yet."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def sample_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project built from the committed sample, once for all tests, with dbt's manifest; do not change it."""
    project = copy_project(tmp_path_factory.mktemp("sample"))
    result = project.build(DBT_WRITE_JSON="true")
    assert result.returncode == 0, result.stdout + result.stderr
    shutil.copytree(project.root / "target", project.as_built)
    return project


@pytest.fixture(scope="session")
def incremental_base(sample_project: Project, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The SQL of base_juno__activities as dbt compiles it where the table is there."""
    project = copy_project(tmp_path_factory.mktemp("incremental"))
    project.take_over(sample_project)
    compiled = project.dbt("compile", "--select", "base_juno__activities")
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    [path] = (project.root / "target" / "compiled").rglob("base_juno__activities.sql")
    sql = path.read_text()
    assert "union all" in sql
    return sql


def delete_and_insert(connection: duckdb.DuckDBPyConnection, relation: str, sql: str) -> None:
    """Do with the rows of base_juno__activities what dbt does with those of an incremental model."""
    connection.execute(f"create or replace temp table made as {sql}")
    connection.execute(
        f"delete from {relation} as there using made"
        " where there.report_id = made.report_id and there.record_number = made.record_number"
    )
    connection.execute(f"insert into {relation} by name from made")
