"""What an older version called otherwise: warehouses and landings are upgraded, settings and seeds are refused.

test_remove.py upgrades a whole warehouse.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import Project
from landing.outcome import Declaration
from landing.parquet import land_as_parquet
from landing.parquet_files import FILE_NAME
from loader_fixtures import activity, report_text, rows, write
from older_warehouse import OLDER_REPORTS
from removal.remove_landed import remove_from
from warehouse.raw_tables import RAW_TABLES

pytestmark = pytest.mark.slow

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
        ("{attendance_measure: upper}", 'attendance_measure is "upper", and must be .* .upper is called possible now'),
        ("{attendance_measure: strict}", 'attendance_measure is "strict", and must be .* .strict is called proven now'),
        (
            "{attendance_measure: guess}",
            'attendance_measure is "guess", and must be proven or likely or possible Fix: ',
        ),
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
