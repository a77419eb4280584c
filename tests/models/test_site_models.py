"""A site's own marts: `make new-mart` writes one that works, and what a changed one lacks is said in words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from building.new_mart import write_mart
from conftest import ROOT, Project
from model_steps import missing_steps
from publishing.published_tables import published_tables
from warehouse.database import connect
from warehouse.errors import WarehouseError

NAME = "fct_daily_activity"
# What a site may have beside its mart, by file: a macro and a generic test, a singular test, and metrics.
BESIDE = {
    "macros/site/ours.sql": """\
{% macro is_empty() %}activity_count = 0{% endmacro %}

{% test is_not_in_the_future(model, column_name) %}
select * from {{ model }} where {{ column_name }} > current_date
{% endtest %}
""",
    "tests/site/no_day_is_empty.sql": "select * from {{ ref('fct_daily_activity') }} where {{ is_empty() }}\n",
    "models/site/metrics.yml": """\
version: 2

semantic_models:
  - name: daily_activity
    model: ref('fct_daily_activity')
    primary_entity: activity_day
    defaults: {agg_time_dimension: activity_date}
    dimensions:
      - {name: activity_date, type: time, type_params: {time_granularity: day}}
      - {name: company, type: categorical, expr: site_id}
    measures:
      - {name: daily_activities, agg: sum, expr: activity_count}

metrics:
  - name: daily_activities
    label: Activities, day by day
    type: simple
    type_params: {measure: daily_activities}
  - name: daily_ratio
    label: All of all
    type: ratio
    type_params: {numerator: daily_activities, denominator: daily_activities}
""",
}
# The tests of ours that look at all files of a kind.
OF_ALL_FILES = ("project/test_mutants.py", "project/test_docs.py", "project/test_project.py",
                "models/test_semantic_layer.py", "models/test_macros.py", "landing/test_rejections.py",
                "naming/test_naming.py")  # fmt: skip


def write_beside(root: Path) -> None:
    for name, text in BESIDE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    described = "description: Day in the reporting zone.\n"
    yaml_file = root / "models" / "site" / f"{NAME}.yml"
    change(yaml_file, described, f"{described}        data_tests: [is_not_in_the_future]\n")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The folder of the models of a site with one new mart and nothing else in the project."""
    write_mart(NAME, tmp_path)
    return tmp_path / "models" / "site"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_new_mart_lacks_nothing(site: Path) -> None:
    assert missing_steps(site.parent.parent) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("Grain: one row", "One row", "has no description with its grain. Fix: write in fct_daily_activity.yml desc"),
        ("row_checks", "other", "has no test of its grain. Fix: write in fct_daily_activity.yml data_tests:"),
        ("data_type: date", "quote: false", "has no contract for activity_date. Fix: give each column"),
        ("      meta:\n", "      contract: {enforced: false}\n      meta:\n", "has no contract. Fix: give each column"),
        ("cohort_size:", "other:", "does not say how many people are behind a row. Fix: count them in a column"),
        ("cohort_size: unique_user_count", "cohort_size: people", "has no column people, which counts its people."),
        ("cohort_size: unique_user_count", "cohort_size: activity_date",
         "counts its people in activity_date, which is no whole number."),
        ("name: activity_count", "name: company\n        data_type: string\n      - name: activity_count",
         "does not say whether company can name a person. Fix: write under the column"),
        ("name: activity_count", "name: member_no\n        data_type: bigint\n      - name: activity_count",
         "does not say whether member_no can name a person. Fix: write under the column"),
        ("        config: {meta: {shared_as: unchanged}}\n", "", "whether activity_date can name a person."),
        ("Day in the reporting zone.", "", "activity_date has no description. Fix: write it in fct_daily_activity.yml"),
    ],
    ids=["grain", "grain test", "data type", "contract", "no cohort", "wrong cohort", "no count", "text", "number",
         "date", "column"],
)  # fmt: skip
def test_what_the_yaml_lacks_is_said_with_a_fix(site: Path, old: str, new: str, sentence: str) -> None:
    change(site / f"{NAME}.yml", old, new)
    assert any(sentence in step and NAME in step for step in missing_steps(site.parent.parent))


def test_no_yaml_and_no_configuration_are_said_with_a_fix(site: Path) -> None:
    (site / f"{NAME}.yml").write_text(f"models: [{{name: {NAME}}}]")
    steps = missing_steps(site.parent.parent)
    assert len(steps) == 4
    assert any("declares no columns. Fix: list them" in step for step in steps)
    (site / f"{NAME}.yml").unlink()
    assert missing_steps(site.parent.parent) == [
        f"{NAME} has no YAML. Fix: write {NAME}.yml beside it, with name: {NAME}."
    ]


def test_what_the_sql_lacks_is_said_with_a_fix(site: Path) -> None:
    (site / f"{NAME}.sql").write_text("select 1 as n")
    steps = missing_steps(site.parent.parent)
    assert [step.split(".sql ")[1].split(".")[0] for step in steps] == [
        "does not open with its grain",
        "does not end with its result",
    ]


def test_a_mart_of_ours_names_its_questions(tmp_path: Path) -> None:
    write_mart(NAME, tmp_path)
    (tmp_path / "models" / "site").rename(tmp_path / "models" / "marts")
    [step] = missing_steps(tmp_path)
    assert step.startswith(f"{NAME} names no questions. Fix: write in {NAME}.yml config: meta: questions:")


@pytest.mark.parametrize(
    "name", ["", "daily", "fct_", "fct_Daily", "stg_daily", "fct_a-b", "../fct_a", "fct_" + "a" * 60]
)
def test_a_bad_name_is_refused_with_a_fix(tmp_path: Path, name: str) -> None:
    with pytest.raises(WarehouseError, match=r"cannot be the name of a mart\. Fix: start it with fct_"):
        write_mart(name, tmp_path)
    assert not list(tmp_path.rglob("*.*"))


@pytest.mark.parametrize("name", ["fct_sessions", "dim_users"])
def test_a_name_that_is_taken_is_refused_with_a_fix(name: str) -> None:
    with pytest.raises(WarehouseError, match=rf"{name} is already in models/marts/.* Fix: choose another NAME\."):
        write_mart(name)


def test_the_schema_of_the_site_is_published(tmp_path: Path) -> None:
    with connect(tmp_path / "copy.duckdb") as connection:
        connection.execute("create schema marts; create schema site; create table site.t (a int)")
        assert [str(table) for table in published_tables(connection, {})] == ["site.t"]


@pytest.mark.slow
def test_what_a_site_adds_needs_nothing_in_files_of_ours(tmp_path: Path) -> None:
    """All tests that look at every file of a kind pass in a fork with a mart, macros, tests, metrics and a type."""
    root = tmp_path / "fork"
    root.mkdir()
    for path in ROOT.iterdir():
        if path.is_dir() and not path.name.startswith(".") and path.name not in ("logs", "target", "warehouse"):
            shutil.copytree(path, root / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.is_file():
            shutil.copy(path, root)
    write_mart(NAME, root)
    write_beside(root)
    with (root / "seeds" / "activity_types.csv").open("a") as file:
        file.write("badge_unlocked,other_activities,badge unlocked,Unlocked a badge,site,,false,false,false,false,\n")
    files = [f"tests/{name}" for name in OF_ALL_FILES]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow and not spark", *files]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:]

    # Nor do those that build: what they copy of the site is its macros.
    copy = tmp_path / "copy"
    copy.mkdir()
    program = "import sys, pathlib, warehouse.project_copy as c; c.copy_to(pathlib.Path(sys.argv[1]), 'tests')"
    subprocess.run([sys.executable, "-c", program, str(copy)], cwd=root / "scripts", check=True)
    copied = {path.relative_to(copy).as_posix() for path in (*copy.glob("m*/site/*"), *copy.glob("tests/site/*"))}
    assert copied == {"macros/site/ours.sql", "models/site/README.md"}


def test_a_new_mart_is_built_linted_published_and_shared(sample_project: Project, project: Project) -> None:
    """All in one test, because the build is what takes its time."""
    project.take_over(sample_project)
    written = project.script("new_mart.py", NAME=NAME)
    assert written.returncode == 0, written.stdout + written.stderr
    assert f"Written: models/site/{NAME}.sql" in written.stdout
    assert "is already in models/site" in project.script("new_mart.py", "--name", NAME).stdout

    write_beside(project.root)
    built = project.dbt("build", "--select", NAME)
    assert built.returncode == 0, built.stdout
    assert "1 table model" in built.stdout and "3 data tests" in built.stdout

    for name in (".sqlfluff", ".yamllint", ".gitignore"):
        shutil.copy(ROOT / name, project.root / name)
    linted = project.sqlfluff("lint", f"models/site/{NAME}.sql")
    assert linted.returncode == 0, linted.stdout
    yamllint = Path(sys.executable).with_name("yamllint")
    linted = project.run(str(yamllint), "--strict", f"models/site/{NAME}.yml")
    assert linted.returncode == 0, linted.stdout

    published = project.script("publish.py")
    assert published.returncode == 0, published.stdout
    with project.open() as connection:
        expected = connection.execute(
            "select site_id, occurred_date, count(*), count(distinct user_key) from marts.fct_activities group by all"
            " order by all"
        ).fetchall()
        assert connection.execute(f"from site.{NAME} order by all").fetchall() == expected
    parquet = project.script("publish.py", "--target", "files/")
    assert parquet.returncode == 0, parquet.stdout
    assert (project.root / "files" / "site" / f"{NAME}.parquet").exists()

    shared = project.script("share.py")
    assert shared.returncode == 0, shared.stdout + shared.stderr
    with duckdb.connect(str(project.shared), read_only=True) as connection:
        few = connection.execute(f"select activity_count from site.{NAME} where unique_user_count is null").fetchall()
        [(rows,)] = connection.execute(f"select count(*) from site.{NAME}").fetchall()
    assert rows == len(expected)
    assert len(few) == sum(people < 5 for *_, people in expected)
    assert {count for (count,) in few} <= {None}

    project.shared.unlink()
    change(project.root / "models" / "site" / f"{NAME}.yml", "cohort_size:", "unknown:")
    change(project.root / "models" / "site" / f"{NAME}.yml", "config: {meta: {shared_as: unchanged}}", "quote: false")
    change(project.root / "models" / "site" / f"{NAME}.yml", "name: unique_user_count", "name: people")
    unbuilt = project.dbt("run", "--select", "dim_dates")
    assert unbuilt.returncode == 2
    assert f"site.{NAME} does not say how many people are behind a row" in unbuilt.stdout
    # Only one number counts nothing by its name, now that it is not the cohort.
    assert re.findall(r"whether (\w+) can name a person", unbuilt.stdout) == ["activity_date", "people"]
    refused = project.script("share.py")
    assert refused.returncode == 1
    assert f"site.{NAME} does not say how many people are behind a row" in refused.stdout
    assert not project.shared.exists()


def test_a_sum_of_integers_in_a_contract_says_what_to_write(sample_project: Project, project: Project) -> None:
    project.take_over(sample_project)
    [sql, _] = write_mart(NAME, project.root)
    change(sql, "count(*)", "sum(1)")
    built = project.dbt("run", "--select", NAME)
    assert built.returncode == 1
    assert f"The column activity_count of {NAME} is HUGEINT, and its contract says bigint" in built.stdout
    assert "cast sum(…) to bigint: cast(sum(…) as bigint) as activity_count" in built.stdout


def test_the_models_that_others_build_on_are_public() -> None:
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["models"]["juno_activity"]
    assert (settings["+access"], settings["marts"]["+access"], settings["site"]["+access"]) == (
        *("protected", "public", "public"),
    )
