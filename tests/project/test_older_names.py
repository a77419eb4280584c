"""What an older version called otherwise: warehouses and landings are upgraded, settings and seeds are refused."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import REMOVED, Project, marts
from landing.outcome import Declaration
from landing.parquet import land_as_parquet
from landing.parquet_files import FILE_NAME
from loader_fixtures import activity, report_text, rows, write
from removal.remove import find_report, remove
from removal.remove_landed import remove_from
from warehouse.database import connect
from warehouse.raw_tables import RAW_TABLES

OLDER_REPORTS = """
create table raw.withdrawn_reports (
    report_id varchar not null,
    file_sha256 varchar not null,
    site_id varchar not null,
    withdrawn_at timestamp not null
);
insert into raw.withdrawn_reports
"""
LOOKS_AT_SETTINGS = ("fct_session_attendance.sql", "report_changes.sql")
OLDER_WEIGHTS = "engagement_part,weight,full_at,unit\nattendance,30,180,minutes\n"


def test_a_removed_report_of_an_older_warehouse_stays_removed() -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute("create schema raw")
        warehouse.execute(
            f"{OLDER_REPORTS} values ('a', 'aa', 'main', '2026-05-04'), ('b', 'bb', 'main', '2026-05-05')"
        )
        for _ in range(2):
            warehouse.execute(RAW_TABLES)
            found = rows(warehouse, "select report_id, file_sha256, removed_at::date::varchar from raw.removed_reports")
            assert sorted(found) == [("a", "aa", "2026-05-04"), ("b", "bb", "2026-05-05")]
        assert rows(warehouse, "select table_name from duckdb_tables() where table_name = 'withdrawn_reports'") == []


def as_older(project: Project) -> None:
    """Give a built project the names that an older version gave it, with the report that was removed."""
    with connect(project.warehouse) as connection:
        connection.execute(f"{OLDER_REPORTS} from raw.removed_reports; drop table raw.removed_reports")
        connection.execute("create table staging.kept as from staging.base_juno__activities")
        # Before, each record of each report lay there with all its texts, and was typed.
        connection.execute("create table raw.kept as from raw.activities; drop view raw.activities")
        connection.execute("alter table raw.kept rename to activities")
        for table in ("report_numbers", "report_records", "records", "events", "user_names", "content_names"):
            connection.execute(f"drop table raw.{table}")
        connection.execute("drop view staging.base_juno__activities; drop table staging.base_juno__events")
        connection.execute("alter table staging.kept rename to base_juno__activities")
    with connect(project.marts) as connection:
        connection.execute("alter table marts.report_changes rename to report_drift")
        connection.execute("alter table marts.report_drift rename has_changed to has_drifted")
        connection.execute("alter table marts.fct_session_attendance rename proven_seconds to strict_seconds")


def test_a_build_upgrades_an_older_warehouse(sample_project: Project, alone: Project, tmp_path: Path) -> None:
    """A report was removed, and dbt runs the tests of the data after it, in a second build of the warehouse."""
    project = sample_project.copy(tmp_path / "older")
    with connect(project.warehouse) as connection:
        remove(connection, find_report(connection, REMOVED, project.published))
    as_older(project)

    built = project.build()
    assert built.returncode == 0, built.stdout + built.stderr
    assert f"{REMOVED}: it was removed on " in built.stdout
    assert marts(project) == marts(alone)
    tables = "select table_name from duckdb_tables() where table_name in ('report_drift', 'withdrawn_reports')"
    for file in (project.warehouse, project.marts, project.published):
        with duckdb.connect(str(file), read_only=True) as connection:
            assert rows(connection, tables) == []


def test_a_removed_report_of_an_older_landing_stays_removed(tmp_path: Path) -> None:
    root, report = tmp_path / "landing", write(tmp_path / "a.csv", report_text(activity("1")))
    list(land_as_parquet(root, [report], Declaration("north"), 1))
    remove_from(root, "a.csv")
    [mark] = (root / "removed_reports").glob(f"*/*/{FILE_NAME}")
    older = root / "withdrawn_reports" / mark.parent.relative_to(root / "removed_reports") / FILE_NAME
    older.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select * rename (removed_at as withdrawn_at) from read_parquet($mark, hive_partitioning = false))"
            " to $older (format parquet)",
            {"mark": str(mark), "older": str(older)},
        )
    shutil.rmtree(root / "removed_reports")

    [left_out] = land_as_parquet(root, [report], Declaration("north"), 1)
    assert left_out.removed_on is not None
    assert not (root / "withdrawn_reports").exists()
    assert list((root / "removed_reports").glob(f"*/*/{FILE_NAME}")) == [mark]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("{attendance_measure: upper}", "attendance_measure is 'upper'.*Fix: set it to possible"),
        ("{attendance_measure: strict}", "attendance_measure is 'strict'.*Fix: set it to proven"),
        ("{attendance_measure: guess}", "attendance_measure is 'guess'.*Fix: set it to one of them"),
        (
            "{drift_ratio_change: 0.1}",
            "the setting drift_ratio_change is called minimum_ratio_rise now. Fix: rename it",
        ),
    ],
)
def test_a_setting_by_its_older_name_is_refused_with_the_new_one(project: Project, settings: str, said: str) -> None:
    # With other settings dbt parses all again, so it gets only the models that look at them.
    for path in (project.root / "models").rglob("*.*"):
        if path.name not in LOOKS_AT_SETTINGS:
            path.unlink()
    result = project.dbt("parse", "--vars", settings)
    assert result.returncode != 0
    assert re.search(said, " ".join(result.stdout.split())), result.stdout
    assert "not found" not in result.stdout, "dbt went on to the models that are left out"


def test_a_seed_by_its_older_column_is_refused_with_the_new_one(project: Project) -> None:
    (project.root / "seeds" / "site" / "engagement_weights.csv").write_text(OLDER_WEIGHTS)
    result = project.run(sys.executable, "scripts/check_seeds.py")
    assert result.returncode == 1
    said = "engagement_weights.csv, line 1: unknown column `full_at`; did you mean `full_amount`?"
    assert said in " ".join(result.stdout.split())
