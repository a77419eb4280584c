"""Names of files that make DuckDB confuse a database with something else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.errors import WarehouseError
from warehouse.names import database_name, refuse_taken_name


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
