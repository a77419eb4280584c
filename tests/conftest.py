"""What the tests share: the project as a user runs it, on reports and a warehouse of the test's own.

Tests without a marker are fast: none of them runs dbt or builds the sample (``pytest_collection_modifyitems``).
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

import duckdb
import pytest
import yaml

from page.manual import SETTINGS as SETTINGS_OF_MANUAL
from page.manual import all_files
from warehouse.paths import marts_path
from warehouse.project_copy import copy_to
from warehouse.settings import read_yaml
from warm_environment import warm_environment
from warm_start import compile_beforehand, parse_beforehand, run_warm

ROOT = Path(__file__).resolve().parent.parent
# The shipped settings. What a test builds has these, whatever a fork sets in its dbt_project.yml.
SHIPPED_SETTINGS = Path(__file__).with_name("settings.yml")
SETTINGS: dict[str, Any] = read_yaml(SHIPPED_SETTINGS.read_text())["vars"]
# A test that asks for one of these fixtures has the marker, so that it cannot be forgotten.
MARKERS = {
    "alone": "slow",
    "once": "slow",
    "project": "slow",
    "sample_project": "slow",
    "browser": "browser",
    "server": "postgres",
    "cluster": "spark",
}
TIERS = {*MARKERS.values(), "superset"}
PATIENCE_SECONDS = 900
# Where `make docs` writes.
MANUAL = Path("warehouse") / "manual"
# The report of the sample that tests remove.
REMOVED = "sitewide_2026-05-14.csv"
# Some tests share with a salt of their own, and a copy of the sample has none.
OF_ANOTHER_SALT = shutil.ignore_patterns("pseudonym_salt.check")
# For a build whose data the tests of the data have seen in another: they take as long as the models.
WITHOUT_TESTS = {"DBT_EXCLUDE_RESOURCE_TYPES": "test"}
# Collection makes many objects that stay: a quarter of its time would go into the search for garbage among them.
gc.set_threshold(200_000, 50, 50)

_execute = duckdb.DuckDBPyConnection.execute
_PARSED: dict[str, list[duckdb.Statement]] = {}


def execute_parsed(
    connection: duckdb.DuckDBPyConnection, query: duckdb.Statement | str, *parameters: Any, **named: Any
) -> duckdb.DuckDBPyConnection:
    """Execute a text that DuckDB has parsed once: parsing is a fifth of a small report, and tests load a thousand."""
    if not isinstance(query, str):
        return _execute(connection, query, *parameters, **named)
    if query not in _PARSED:
        _PARSED[query] = connection.extract_statements(query)
    if not _PARSED[query]:
        return _execute(connection, query, *parameters, **named)
    *others, last = _PARSED[query]
    for statement in others:
        _execute(connection, statement)
    return _execute(connection, last, *parameters, **named)


duckdb.DuckDBPyConnection.execute = execute_parsed  # type: ignore[assignment,method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow what builds, and put what is slow first, so that the workers end together with what is fast."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKERS:
                item.add_marker(MARKERS[fixture])
    slow: list[pytest.Item] = []
    fast: list[pytest.Item] = []
    for item in items:
        (slow if is_slow(item) else fast).append(item)
    # Each worker begins with a part of its own, so the files of slow tests are dealt to them in turn.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files = list(dict.fromkeys(item.path for item in slow))
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        own = [item for item in slow if item.path in set(files[worker::workers])]
        # The first builds the sample. The others begin with what needs no build, so that they don't wait for it.
        dealt += sorted(own, key=needs_a_build) if worker else own
        dealt += fast[worker::workers]
    items[:] = dealt


def is_slow(item: pytest.Item) -> bool:
    """Whether the fast tier leaves a test out."""
    return any(marker.name in TIERS for marker in item.iter_markers())


def needs_a_build(item: pytest.Item) -> bool:
    """Whether a test asks for a fixture that runs dbt."""
    return any(MARKERS.get(fixture) == "slow" for fixture in getattr(item, "fixturenames", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember what runs, for ``Project.run`` to know."""
    Running.item = item


class Running:
    """The test that runs now, and where this run of pytest keeps what its workers share."""

    item: pytest.Item | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Project:
    """A copy of the project, so that a test may put reports and seeds of its own into it."""

    root: Path
    # Files that several tests read, in several processes: no test may build in it.
    is_shared: bool = False

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
        """What dbt wrote of the sample's build; its own folder is written again by whatever dbt does next."""
        return self.root / "target_as_built"

    @property
    def output(self) -> Path:
        """What the sample's build printed."""
        return self.root / "output"

    @property
    def marts(self) -> Path:
        """The file of dbt's marts."""
        return marts_path(self.warehouse)

    def take_over(self, other: Project) -> None:
        """Begin with what another project has built, which is not published."""
        shutil.copy(other.warehouse, self.warehouse)
        shutil.copy(other.marts, self.marts)

    def copy(self, folder: Path) -> Project:
        """The same project with all that was built in it, elsewhere: for a test that goes on from there."""
        shutil.copytree(self.root, folder, dirs_exist_ok=True, ignore=OF_ANOTHER_SALT)
        return Project(folder)

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project with an environment that sets nothing of ours but these settings."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=self._environment(settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def script(self, name: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run one of ``scripts/`` as ``run`` does, without waiting for its imports."""
        return self.warm(f"scripts/{name}", *arguments, **settings)

    def warm(self, program: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a program that is written in Python as ``run`` does, without waiting for its imports."""
        return run_warm([program, *arguments], self.root, self._environment(settings))

    def build(self, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """What `make build` runs once the environment is set up."""
        self._may_build()
        return self.script("build_warehouse.py", *options, **settings)

    def dbt(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run dbt as a user does by hand, but without target/*.json, which take it seconds: DBT_WRITE_JSON=true."""
        self._may_build()
        settings = {"DBT_WRITE_JSON": "false", **settings}
        dbt = str(Path(sys.executable).with_name("dbt"))
        return self.warm(dbt, "--no-use-colors", *arguments, **settings)

    def sqlfluff(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run sqlfluff, which lets dbt compile the models."""
        self._may_build()
        program = str(Path(sys.executable).with_name("sqlfluff"))
        return self.warm(program, *arguments)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer of the marts, published or not; all beneath them is in ``activity``."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            marts = str(self.marts).replace("'", "''")
            connection.execute(f"attach '{marts}' as published (read_only); use published")
            return connection.execute(sql).fetchall()

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The published marts, read-only."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            yield connection

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        paths = ("WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH")
        declared = (
            "SITE",
            "TIME_ZONE",
            "DATE_FORMAT",
            "ENCODING",
            "AGAIN",
            "MIN_DATE",
            "MAX_DATE",
            "ALLOW_TWINS",
            "DECLARE",
        )
        ours = (*paths, *declared, "MEMORY_LIMIT", "PSEUDONYM_SALT", "MINIMUM_COHORT_SIZE")
        return {name: value for name, value in os.environ.items() if name not in ours} | settings

    def _may_build(self) -> None:
        assert Running.item is None or is_slow(Running.item), "this test runs dbt. Fix: @pytest.mark.slow"
        assert not self.is_shared, "other tests read this project. Fix: build in sample_project.copy(folder)"


def copy_project(target: Path) -> Project:
    """Copy what a build needs to a folder, with the shipped settings; the reports stay behind."""
    copy_to(target, "scripts", "page", "sample")
    with_shipped_settings(target)
    for name in ("reports", "target", "warehouse"):
        (target / name).mkdir()
    shutil.copy(_parsed(), target / "target")
    # Otherwise two projects would give a private meeting two keys.
    (target / "warehouse" / "meeting_salt").write_text("a salt of the tests, and no secret")
    return Project(target)


def with_shipped_settings(root: Path) -> None:
    """Put the shipped settings in place of those in dbt_project.yml; what a fork has added stays."""
    path = root / "dbt_project.yml"
    text = path.read_text()
    added = {name: value for name, value in read_yaml(text)["vars"].items() if name not in SETTINGS}
    # As in the shipped file to the byte, or dbt parses all again.
    shipped = SHIPPED_SETTINGS.read_text().partition("\n\n")[2]
    if added:
        shipped += indent(yaml.safe_dump(added), "  ")
    text = re.sub(r"^vars:\n(?: .*\n|\n)*", lambda _: shipped, text, flags=re.MULTILINE)
    assert read_yaml(text)["vars"] == SETTINGS | added
    path.write_text(text)


def _parsed() -> Path:
    """What dbt parses of the project, once in a run: each copy begins with it, and dbt parses what differs."""
    assert Running.folder is not None

    def parse(folder: Path) -> None:
        copy_to(folder, "scripts")
        with_shipped_settings(folder)
        # The last parse of this folder, by the linter at the latest.
        parsed = ROOT / "target" / "partial_parse.msgpack"
        if parsed.exists():
            (folder / "target").mkdir()
            shutil.copy(parsed, folder / "target")
        result = Project(folder).dbt("--quiet", "parse", "--no-write-json")
        assert result.returncode == 0, result.stdout + result.stderr

    parsed = made_once(Running.folder / "parsed", parse)
    parse_beforehand(parsed)
    return parsed / "target" / "partial_parse.msgpack"


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that the first process of this run makes; the others wait until it is whole."""
    whole, failed = (folder.with_name(f"{folder.name}.{state}") for state in ("whole", "failed"))
    try:
        folder.mkdir()
    except FileExistsError:
        waits_until = time.monotonic() + PATIENCE_SECONDS
        while not whole.exists():
            assert not failed.exists(), f"another worker could not make it: {failed.read_text()}"
            assert time.monotonic() < waits_until, f"no test has made {folder}"
            time.sleep(0.05)
        return folder
    try:
        make(folder)
    except BaseException as error:
        failed.write_text(str(error))
        raise
    whole.touch()
    return folder


@pytest.fixture(scope="session", autouse=True)
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    Running.folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Running.folder


Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(run_folder: Path) -> Once:
    """Makes a folder by its name once in a run, whichever worker comes first; no test may change it."""
    return lambda name, make: made_once(run_folder / name, make)


@pytest.fixture(scope="session")
def instance() -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB for all warehouses in memory: starting it takes as long as loading a small report."""
    # With one thread, because two would talk more about a small report than they work on it.
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@pytest.fixture
def two_threads(instance: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For a test whose report is large enough that DuckDB divides the work, as it does for a user."""
    instance.execute("set threads = 2")
    yield
    instance.execute("set threads = 1")


@contextmanager
def open_elsewhere(path: Path) -> Iterator[None]:
    """A database that another process has open to write."""
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield
        other.communicate("")


@contextmanager
def warehouse_in(instance: duckdb.DuckDBPyConnection, name: str = "warehouse") -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory into which nothing was landed yet; several at once have names of their own."""
    with instance.cursor() as connection:
        # Without tables: the loader makes them for each report, which takes a tenth of its time.
        connection.execute(f"set TimeZone = 'UTC'; attach ':memory:' as {name}; use {name}")
        try:
            yield connection
        finally:
            connection.execute(f"use memory; detach {name}")


@pytest.fixture
def warehouse(instance: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of `warehouse_in`."""
    with warehouse_in(instance) as connection:
        yield connection


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project that nothing was built in yet."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def sample_project(once: Once) -> Project:
    """The project built from the committed sample, once for all tests, with dbt's manifest; do not change it."""

    def make(folder: Path) -> None:
        project = copy_project(folder)
        # As a user starts it, with a Python of its own.
        result = project.run(sys.executable, "scripts/build_warehouse.py", DBT_WRITE_JSON="true")
        assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
        project.output.write_text(result.stdout)
        shutil.copytree(project.root / "target", project.as_built)

    sample = Project(once("sample", make), is_shared=True)
    compile_beforehand(sample.as_built / "compiled_templates.marshal")
    return sample


@pytest.fixture(scope="session")
def shared_sample(sample_project: Project, once: Once) -> Path:
    """The shared copy of the sample, with its page beside it; do not change it."""

    def make(folder: Path) -> None:
        salt = "a salt of the tests, and no secret"
        result = sample_project.script("share.py", SHARED_PATH=str(folder / "shared.duckdb"), PSEUDONYM_SALT=salt)
        assert result.returncode == 0, result.stdout + result.stderr

    return once("shared_sample", make) / "shared.duckdb"


@pytest.fixture(scope="session")
def sample_with_manual(sample_project: Project, once: Once) -> Project:
    """The sample with its manual, as `make docs` writes it; do not change it."""

    def make(folder: Path) -> None:
        project = sample_project.copy(folder)
        locks = (Path(path.name) for path in ROOT.glob("requirements*.lock"))
        for path in (*all_files(), SETTINGS_OF_MANUAL, Path("start.py"), *locks):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
        with warm_environment(folder / ".venv", (ROOT / ".venv").resolve()):
            result = project.run(sys.executable, "start.py", "docs")
        assert result.returncode == 0, result.stdout + result.stderr

    return Project(once("manual", make), is_shared=True)


@pytest.fixture(scope="session")
def alone(once: Once) -> Project:
    """The sample built without the report REMOVED: what a removal must leave; do not change it."""

    def make(folder: Path) -> None:
        project = copy_project(folder)
        (project.root / "sample" / "reports" / REMOVED).unlink()
        result = project.build(**WITHOUT_TESTS)
        assert result.returncode == 0, result.stdout + result.stderr

    return Project(once("alone", make), is_shared=True)


@pytest.fixture(scope="session")
def incremental_base(sample_project: Project, once: Once) -> str:
    """The SQL of base_juno__events as dbt compiles it where the table is there."""

    def make(folder: Path) -> None:
        project = copy_project(folder)
        project.take_over(sample_project)
        compiled = project.dbt("compile", "--select", "base_juno__events")
        assert compiled.returncode == 0, compiled.stdout + compiled.stderr

    [path] = (once("incremental", make) / "target" / "compiled").rglob("base_juno__events.sql")
    sql = path.read_text()
    assert " not in (select earlier.event_id" in sql
    return sql


def marts(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """Every mart's rows in an order of their own, without the time of loading."""
    with project.open() as connection:
        tables: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns()"
            " where schema_name in ('marts', 'restricted', 'site') order by all"
        ).fetchall():
            if column != "loaded_at":
                tables.setdefault(table, []).append(f'"{column}"')
        return {
            table: connection.execute(f"select {', '.join(columns)} from {table} order by all").fetchall()
            for table, columns in tables.items()
        }
