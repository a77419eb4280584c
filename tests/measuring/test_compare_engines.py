"""What the comparison of two engines finds: each kind of difference, in words, and nothing where there is none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from measuring.compare_engines import Comparison, compare
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT
from warm_start import run_warm

ROWS = """
select i % 3 as user_id, timestamp '2024-05-01 10:00:00' + to_seconds(i // 2) as occurred_at, 0.1 + 0.2 as ratio,
    ['a', null] as tags, case when i > 4 then 'ü' end as label, timestamp '2024-01-01' as loaded_at
from range(8) as r(i)
"""
# As Spark has it: times are instants, and it was landed at another time.
AS_SPARK = """
select * replace (timezone('UTC', occurred_at) as occurred_at, timestamptz '2024-02-02 00:00:00Z' as loaded_at)
"""


SPARK = "it's [spark]"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what both have made, for each test to copy."""
    folder = tmp_path_factory.mktemp("made")
    with duckdb.connect(str(folder / "published.duckdb")) as connection:
        connection.execute(f"create schema marts; create schema restricted; create table marts.facts as {ROWS}")
        connection.execute("create table restricted.user_details as select 'Ann' as first_name")
    put(folder / SPARK, "marts.facts", f"{AS_SPARK} from ({ROWS})")
    put(folder / SPARK, "restricted.user_details", "select 'Ann' as first_name")
    return folder


@pytest.fixture
def published(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made / "published.duckdb", tmp_path))


@pytest.fixture
def spark(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / SPARK, tmp_path / SPARK))


def put(folder: Path, table: str, query: str) -> None:
    """Write a table as Spark does, in two files."""
    schema, _, name = table.partition(".")
    (folder / f"{schema}.db" / name).mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"set TimeZone = 'UTC'; create table made as {query}")
        for number in range(2):
            target = folder / f"{schema}.db" / name / f"part-{number}.parquet"
            connection.execute(
                f"copy (select * from made where rowid % 2 = {number}) to $target", {"target": str(target)}
            )


def facts(published: Path, spark: Path) -> Comparison:
    [found] = [one for one in compare(published, spark) if one.table == "marts.facts"]
    return found


def test_the_same_rows_in_another_order_and_form_are_equal(published: Path, spark: Path) -> None:
    assert compare(published, spark) == [Comparison("marts.facts", 8), Comparison("restricted.user_details", 1)]


@pytest.mark.parametrize(
    ("query", "missing", "extra"),
    [
        ("select * from facts where label is not null or user_id = 1", 3, 0),
        ("from facts union all (from facts limit 1)", 0, 1),
        # As many rows, and of the same values, but one twice and another not.
        ("(from facts order by all offset 1) union all (from facts order by all desc limit 1)", 1, 1),
        ("select * replace (coalesce(label, '') as label) from facts", 5, 5),
        ("select * replace (occurred_at + interval 1 microsecond as occurred_at) from facts", 8, 8),
        # The next double.
        ("select * replace (0.30000000000000004::double as ratio) from facts", 8, 8),
        ("select * replace (list_reverse(tags) as tags) from facts", 8, 8),
    ],
)
def test_rows_that_differ_are_counted_on_both_sides(
    published: Path, spark: Path, query: str, missing: int, extra: int
) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "create or replace table marts.facts as select * replace (0.3::double as ratio) from marts.facts"
        )
    made = f"with facts as (select * replace (0.3::double as ratio) from ({ROWS}))"
    put(spark, "marts.facts", f"{AS_SPARK} from ({made} {query})")

    assert facts(published, spark) == Comparison("marts.facts", 8, missing, extra)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("select * replace (user_id::int as user_id) from facts", "user_id is BIGINT in DuckDB and INTEGER in Spark"),
        ("select * replace (0.3::double as ratio) from facts", "ratio is DECIMAL(3,1) in DuckDB and DOUBLE in Spark"),
        ("select * exclude (tags) from facts", "Spark has no column tags"),
        ("select *, 1 as more from facts", "DuckDB has no column more"),
    ],
)
def test_columns_that_differ_are_named(published: Path, spark: Path, query: str, fault: str) -> None:
    put(spark, "marts.facts", f"{AS_SPARK} from (with facts as ({ROWS}) {query})")

    found = facts(published, spark)

    assert found.faults == (fault,)
    assert not found.is_equal


def test_a_table_that_only_one_of_them_has_is_named(published: Path, spark: Path) -> None:
    put(spark, "marts.more", "select 1 as one")
    (spark / "restricted.db" / "user_details").rename(spark / "restricted.db" / "user_data")

    assert {one.table: one.faults for one in compare(published, spark) if not one.is_equal} == {
        "marts.more": ("DuckDB has no such table",),
        "restricted.user_data": ("DuckDB has no such table",),
        "restricted.user_details": ("Spark has no such table",),
    }


def test_an_empty_folder_is_no_empty_table(published: Path, spark: Path) -> None:
    for path in (spark / "marts.db" / "facts").iterdir():
        path.unlink()

    assert "it cannot be read" in facts(published, spark).faults[0]


def test_no_folder_is_said(published: Path, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"there is no folder .* Fix: dbt build --target spark"):
        compare(published, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("more", "code", "said"), [(0, 0, "2 of 2 tables are equal."), (1, 1, "1 of 2 tables are equal.")]
)
def test_the_exit_code_tells_whether_all_is_equal(
    published: Path, spark: Path, more: int, code: int, said: str
) -> None:
    put(spark, "restricted.user_details", f"select unnest(['Ann', 'Bob'][:{more + 1}]) as first_name")
    command = ["scripts/compare_engines.py", "--published", str(published), "--spark", str(spark)]

    result = run_warm(command, PROJECT_ROOT, os.environ, needs_dbt=False)

    assert (result.returncode, said in result.stdout) == (code, True), result.stdout + result.stderr
