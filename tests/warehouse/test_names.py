"""Names of files that make DuckDB confuse a database with something else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials

from warehouse import paths
from warehouse.errors import WarehouseError
from warehouse.names import database_name, refuse_address, refuse_taken_name
from warehouse.paths import PROJECT_ROOT, path_for_dbt


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("raw.duckdb", "WAREHOUSE_PATH"),
        ("main.duckdb", "WAREHOUSE_PATH"),
        ("MARTS.db", "WAREHOUSE_PATH"),
        ("published.duckdb", "WAREHOUSE_PATH"),
        ("temp.duckdb", "WAREHOUSE_PATH"),
        ("site.v2.duckdb", "WAREHOUSE_PATH"),
        ("marts.duckdb", "PUBLISHED_PATH"),
        ("restricted", "PUBLISHED_PATH"),
        ("shared.duckdb", "PUBLISHED_PATH"),
        ("marts.duckdb", "SHARED_PATH"),
    ],
)
def test_a_name_that_something_else_has_is_refused(tmp_path: Path, name: str, setting: str) -> None:
    with pytest.raises(WarehouseError, match=rf"Fix: another name, such as {setting}=") as refused:
        refuse_taken_name(tmp_path / name, setting)
    offered = Path(str(refused.value).rpartition("=")[2])
    refuse_taken_name(offered, setting)


@pytest.mark.parametrize("name", ["activity.duckdb", "it's ours.duckdb", "2024-events.duckdb", "raw-2024.duckdb"])
def test_any_other_name_is_that_of_a_database(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    refuse_taken_name(path)
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("select current_database()").fetchone() == (database_name(path),)


@pytest.mark.parametrize("name", ["C# data/w.duckdb", "what?/w.duckdb", "a;b.duckdb", "w#1.duckdb"])
def test_a_path_that_dbt_reads_as_an_address_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WarehouseError, match=r"the signs # \? and ; end the name of the file.*Fix: WAREHOUSE_PATH="):
        refuse_address(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["100% [x] $y & it's/w.duckdb", "a;b/w.duckdb", "2026-11-30T10:00/w.duckdb", "ä b/ü.duckdb"]
)
def test_any_other_path_is_no_address(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    refuse_address(path)
    assert DuckDBCredentials.path_derived_database_name(path_for_dbt(path)) == database_name(path)


def test_the_project_itself_may_be_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "PROJECT_ROOT", PROJECT_ROOT.with_name("C# and what? ;"))
    refuse_address(paths.PROJECT_ROOT / "warehouse" / "activity.duckdb")
