"""How the warehouse file is opened."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from declarations import by_name
from loader_fixtures import rows
from warehouse.database import connect


@pytest.mark.parametrize("read_only", [False, True])
def test_times_are_utc_whatever_the_zone_of_the_machine(tmp_path: Path, read_only: bool) -> None:
    connect(tmp_path / "activity.duckdb").close()
    with connect(tmp_path / "activity.duckdb", read_only=read_only) as connection:
        assert rows(connection, "select cast(timestamptz '2026-05-12 10:00:00+02:00' as timestamp)::varchar") == [
            "2026-05-12 08:00:00"
        ]


def test_the_sources_declare_the_tables_that_the_loader_makes(warehouse: duckdb.DuckDBPyConnection) -> None:
    made = warehouse.execute(
        "select table_name, list((column_name, data_type) order by column_index) from duckdb_columns()"
        " where schema_name = 'raw' group by 1"
    ).fetchall()
    # On Spark the tables are made of what is declared (macros/engine_statements.sql).
    told = {
        table["name"]: [
            (column["name"], column["data_type"].replace("string", "varchar").upper()) for column in table["columns"]
        ]
        for table in by_name("sources")["raw"]["tables"]
    }
    assert told == dict(made)
