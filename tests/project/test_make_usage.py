"""Wrong and missing settings are reported in the form that the user typed: make forget USER_ID=7."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, Project
from loader_fixtures import activity, report_text, write
from page import metrics
from warehouse.errors import WarehouseError
from warm_start import run_warm


def run(script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What make runs, with settings in the environment as make hands them on; nothing here needs dbt."""
    chosen = ("USER_ID", "REPORT", "REPORTS", "LANDING", "JOBS", "TARGET", "RESTRICTED", "MINIMUM_COHORT_SIZE", "TABLE")
    environment = {name: value for name, value in os.environ.items() if name not in chosen} | settings
    return run_warm([f"scripts/{script}.py", *arguments], ROOT, environment, needs_dbt=False)


@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        ("forget", {}, "make forget needs USER_ID. Fix: make forget USER_ID=7 "),
        ("forget", {"LANDING": "x/"}, "make forget needs USER_ID. Fix: make forget USER_ID=7 "),
        ("remove", {}, "make remove needs REPORT. Fix: make remove REPORT=x.csv "),
        ("remove", {"LANDING": "x/"}, "make remove needs REPORT. Fix: make remove REPORT=x.csv "),
        ("land_parquet", {"JOBS": "many"}, "JOBS=many is not possible: "),
        ("land_parquet", {"TIME_ZONE": "Mars"}, "TIME_ZONE=Mars is not possible: 'Mars' is no IANA time zone"),
        ("build_warehouse", {"SITE": "a b"}, "SITE=a b is not possible: letters, digits, "),
        ("publish", {"RESTRICTED": "perhaps"}, "RESTRICTED=perhaps is not possible: "),
        ("retention", {"RETENTION_DAYS": "99999999999"}, "RETENTION_DAYS=99999999999 is not possible: "),
        ("share", {"MINIMUM_COHORT_SIZE": "0"}, "MINIMUM_COHORT_SIZE=0 is not possible: "),
        ("serve_superset", {"PORT": "abc"}, "PORT=abc is not possible: "),
    ],
)
def test_a_setting_that_is_wrong_or_missing_is_said(
    tmp_path: Path, script: str, settings: dict[str, str], said: str
) -> None:
    result = run(script, WAREHOUSE_PATH=str(tmp_path / "none.duckdb"), **settings)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(said)
    assert " Fix: make " in result.stderr
    assert "Usage:" not in result.stderr


def test_who_names_no_report_sees_which_there_are(tmp_path: Path) -> None:
    warehouse = str(tmp_path / "activity.duckdb")
    report = write(tmp_path / "day1.csv", report_text(activity("u1")))
    assert run("load_reports", str(report), WAREHOUSE_PATH=warehouse).returncode == 0

    result = run("remove", WAREHOUSE_PATH=warehouse)

    assert result.returncode == 2
    assert "day1.csv: 1 activity landed" in result.stderr


@pytest.mark.parametrize(
    ("script", "arguments", "settings", "said"),
    [
        ("publish", [], {"TARGET": "mysql://there"}, "Fix: make publish TARGET=postgresql://user@host/database"),
        ("land_parquet", [], {"REPORTS": "nowhere/"}, "Fix: REPORTS=… with the folder or the file"),
        (
            "metrics",
            ["list", "metrics"],
            {"BY": "metric_time__week"},
            "Fix: make metrics METRICS=attendees",
        ),
        ("metrics", ["list", "metrics"], {}, "Fix: make build"),
        ("show", [], {}, "Fix: make build"),
        ("export_table", ["marts.fct_leaderboard"], {}, "Fix: make build"),
        ("export_table", ["marts.a/../b"], {}, "Fix: make build"),
        ("export_table", ["--xlsx", "marts./x"], {}, "Fix: make build"),
        ("share", [], {}, "make build"),
        ("forget", ["u1"], {}, "Fix: make build"),
        ("remove", ["x.csv"], {}, "Fix: make build"),
    ],
)
def test_what_is_not_possible_is_said_with_what_to_do(
    tmp_path: Path, script: str, arguments: list[str], settings: dict[str, str], said: str
) -> None:
    paths = {name: str(tmp_path / f"{name}.duckdb") for name in ("WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH")}
    result = run(script, *arguments, **paths, **settings)

    assert result.returncode == 1
    assert said in result.stdout + result.stderr


def test_a_manifest_is_current_until_a_file_of_the_project_is_newer(tmp_path: Path) -> None:
    manifest = tmp_path / "target" / "semantic_manifest.json"
    model = tmp_path / "models" / "marts" / "a.yml"
    for file in (manifest, model):
        file.parent.mkdir(parents=True)
    model.touch()
    assert not metrics.is_current(manifest, tmp_path)
    manifest.touch()
    os.utime(model, (1_000, 1_000))
    assert metrics.is_current(manifest, tmp_path)
    os.utime(model, (manifest.stat().st_mtime + 1,) * 2)
    assert not metrics.is_current(manifest, tmp_path)


def test_a_dimension_of_a_model_that_names_its_rows_itself_is_known(tmp_path: Path) -> None:
    # certificate__verdict: no column of the mart is the key of a certificate.
    manifest = tmp_path / "semantic_manifest.json"
    models = [
        {
            "primary_entity": "certificate",
            "entities": [{"name": "user", "type": "foreign"}],
            "dimensions": [{"name": "verdict"}, {"name": "booked_date"}],
        },
        {"primary_entity": None, "entities": [{"name": "user", "type": "primary"}], "dimensions": [{"name": "site"}]},
    ]
    manifest.write_text(json.dumps({"metrics": [{"name": "certificates"}], "semantic_models": models}))

    def ask(by: str) -> None:
        metrics.check_metrics(["query", "--metrics", "certificates", "--group-by", by], manifest)

    for by in ("certificate__verdict", "certificate__booked_date__week", "user__site", "metric_time"):
        ask(by)
    with pytest.raises(WarehouseError, match=r"by certificate__verdikt. Did you mean certificate__verdict\? Fix"):
        ask("certificate__verdikt")
    # A name of the user's is not one of a certificate.
    with pytest.raises(WarehouseError, match=r"by usr__site. Did you mean user__site\? Fix"):
        ask("usr__site")


@pytest.mark.slow
def test_metrics_answer_where_no_build_wrote_a_manifest(sample_project: Project, project: Project) -> None:
    project.take_over(sample_project)
    assert not (project.root / "target" / "semantic_manifest.json").exists()

    # MetricFlow starts in a Python of its own.
    result = project.script("metrics.py", "query", "--metrics", "attendees", "--group-by", "metric_time__week")

    assert result.returncode == 0, result.stdout + result.stderr
    assert "2026-05-11" in result.stdout
    wrong = project.script("metrics.py", "query", "--metrics", "no_such_metric")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("there is no metric no_such_metric. Fix: make metrics METRICS=")
    near = project.script("metrics.py", "query", "--metrics", "attendees,atendees")
    assert near.stderr.startswith("there is no metric atendees. Did you mean attendees? Fix: ")
    groups = "metric_time__month,session,session__sesion_name"
    wrong = project.script("metrics.py", "query", "--metrics", "attendees", "--group-by", groups)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith(
        "no metric can be grouped by session__sesion_name. Did you mean session__session_name? Fix: BY=… as"
    )
