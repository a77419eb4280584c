"""The dashboards fit the contracts of the marts, and the bundle holds together; no Superset is needed."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
import yaml

from conftest import ROOT
from dashboards.bundle import DATABASE_SETTINGS, Bundle, make_bundle, uuid_of, write_bundle
from dashboards.inside_superset import superset_config
from dashboards.serve import SECRETS, SupersetError, read_secrets, set_up
from dashboards.source import SCHEMA, SOURCES, Dashboard, Source, SourceError, problems, read_contracts, read_source
from declarations import by_name
from warm_start import run_warm

SOURCE = read_source()
CONTRACTS = read_contracts()


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return make_bundle(SOURCE, CONTRACTS, Path("warehouse/published.duckdb"))


def files(bundle: Bundle, kind: str) -> dict[str, dict[str, Any]]:
    return {path: seen for path, seen in bundle.items() if path.startswith(f"{kind}/")}


def changed_source(folder: Path, name: str, old: str, new: str) -> Source:
    """The dashboards with one change."""
    for path in SOURCES.glob("*.yml"):
        text = path.read_text()
        if path.name == name:
            assert text.count(old) >= 1
            text = text.replace(old, new, 1)
        (folder / path.name).write_text(text)
    return read_source(folder)


def test_the_dashboards_fit_the_contracts() -> None:
    assert problems(SOURCE, CONTRACTS) == []
    assert set(SOURCE.dashboards) == {"attendance", "engagement", "leaderboard", "quality", "session"}


@pytest.mark.parametrize(
    ("table", "column", "seen"),
    [
        ("fct_sessions", "registered_count", "datasets.yml, sessions: registered"),  # a metric
        ("fct_sessions", "session_date", "datasets.yml, sessions: its time"),
        ("dim_content", "content_name", "datasets.yml, sessions: dim_content has no column content_name"),  # a join
        ("fct_activities", "occurred_at", "datasets.yml, activities: hour_of_day"),  # a calculated column
        ("fct_user_engagement", "learning_score", "engagement.yml, Most engaged people: users has no column"),
        (
            "fct_leaderboard_history",
            "is_latest",
            "leaderboard.yml, Movement since the day before: standings_by_day has no column",
        ),  # a condition
        (
            "fct_activities",
            "activity_family",
            "engagement.yml, Activities by day and family: activities has no column",
        ),  # categories
        ("fct_leaderboard", "site_id", "leaderboard.yml, filter Site: standings has no column site_id"),
        ("report_changes", "landed_count", "quality.yml, What changed from report to report: its sql"),
    ],
)
def test_a_renamed_column_is_told(table: str, column: str, seen: str) -> None:
    columns = dict(CONTRACTS[table])
    columns[f"new_{column}"] = columns.pop(column)
    found = problems(SOURCE, CONTRACTS | {table: columns})
    assert [it for it in found if it.startswith(seen)], found


def test_a_column_that_became_a_text_is_told() -> None:
    columns = CONTRACTS["fct_sessions"]
    changed = columns | {"proven_seconds": columns["proven_seconds"].model_copy(update={"type": "varchar"})}
    found = problems(SOURCE, CONTRACTS | {"fct_sessions": changed})
    assert [it for it in found if it.startswith("datasets.yml, sessions: proven_hours")], found


def test_a_mart_that_is_gone_is_told() -> None:
    contracts = {name: columns for name, columns in CONTRACTS.items() if name != "fct_reviews"}
    assert "datasets.yml, reviews: there is no mart fct_reviews in the schema marts" in problems(SOURCE, contracts)


def test_no_dashboard_reads_names_or_texts(tmp_path: Path) -> None:
    source = changed_source(tmp_path, "datasets.yml", "table: fct_user_engagement", "table: user_details")
    assert "datasets.yml, users: there is no mart user_details in the schema marts" in problems(source, CONTRACTS)


@pytest.mark.parametrize(
    ("name", "old", "new", "seen"),
    [
        ("attendance.yml", "metrics: [sessions_held]", "metrics: [nothing]", "sessions has no metric nothing"),
        ("attendance.yml", "dataset: sessions\n", "dataset: seasons\n", "there is no such dataset as seasons"),
        ("attendance.yml", "order: -likely_minutes", "order: -peak", "it shows no peak to sort by"),
        (
            "attendance.yml",
            "title: People who came live",
            "title: Sessions held",
            "two charts are called Sessions held",
        ),
        ("attendance.yml", "    x: session_date\n", "", "bars and lines have an x"),
        ("leaderboard.yml", "    x: rule_name\n", "    x: rule_name\n    columns: [points]\n", "either columns"),
        (
            "engagement.yml",
            "rules: docs/explanation/duplicates.md",
            "rules: docs/nowhere.md",
            "there is no page docs/nowhere.md",
        ),
        ("quality.yml", "column: content_name", "column: content", "sessions has no column content"),
        ("datasets.yml", "file_name: File", "files: File", "it has no column files to be labelled"),
        ("datasets.yml", "\nteams:", "\nforgotten:\n  table: fct_calls\n\nteams:", "forgotten: no chart asks it"),
        (
            "datasets.yml",
            "    reviews: {",
            "    more: {label: M, expression: max(site_id)}\n    reviews: {",
            "shows more",
        ),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, name: str, old: str, new: str, seen: str) -> None:
    found = problems(changed_source(tmp_path, name, old, new), CONTRACTS)
    assert [it for it in found if seen in it], found


@pytest.mark.parametrize(
    ("name", "old", "new", "seen"),
    [
        ("quality.yml", "width: 3", "wide: 3", "quality.yml, charts.0."),
        ("quality.yml", "type: number", "type: pie", "'number', 'bar', 'line' or 'table'"),
        ("quality.yml", "is: session", "at_most: 3, is: session", "say one of is, is_empty and at_most"),
        ("datasets.yml", "table: fct_reviews", 'table: "x; drop table y"', "datasets.yml, reviews, table"),
        ("datasets.yml", "reviews:", "reviews: [", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, old: str, new: str, seen: str) -> None:
    with pytest.raises(SourceError, match=re.escape(seen)):
        changed_source(tmp_path, name, old, new)


def test_every_chart_is_on_one_dashboard_and_asks_a_dataset_of_the_bundle(bundle: Bundle) -> None:
    shown = Counter(
        part["meta"]["uuid"]
        for dashboard in files(bundle, "dashboards").values()
        for part in dashboard["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    )
    charts = files(bundle, "charts").values()
    assert shown == Counter(chart["uuid"] for chart in charts)
    assert len(shown) == sum(len(dashboard.charts) for dashboard in SOURCE.dashboards.values())
    datasets = {dataset["uuid"] for dataset in files(bundle, "datasets").values()}
    assert {chart["dataset_uuid"] for chart in charts} == datasets


def test_no_uuid_stands_for_two_things(bundle: Bundle) -> None:
    uuids = [seen["uuid"] for path, seen in bundle.items() if path != "metadata.yaml"]
    assert len(uuids) == len(set(uuids)) == len(bundle) - 1


def test_a_uuid_stays_the_same_for_ever() -> None:
    # With another one the dashboard would be imported beside the one that people have.
    assert uuid_of("dashboard", "attendance") == "52596a39-58f1-5fad-ba0e-29bc555fea0e"


def test_every_part_of_a_page_hangs_on_the_one_above(bundle: Bundle) -> None:
    for dashboard in files(bundle, "dashboards").values():
        parts = {name: it for name, it in dashboard["position"].items() if isinstance(it, dict)}
        hung = Counter(child for it in parts.values() for child in it.get("children", []))
        assert hung == Counter(set(parts) - {"ROOT_ID", "HEADER_ID"})
        for it in parts.values():
            if it["type"] == "ROW":
                assert 0 < sum(parts[child]["meta"]["width"] for child in it["children"]) <= 12


def test_a_filter_leaves_out_the_charts_that_it_cannot_narrow(bundle: Bundle) -> None:
    position = bundle["dashboards/leaderboard.yaml"]["position"].values()
    title = {it["meta"]["chartId"]: it["meta"]["sliceName"] for it in position if isinstance(it, dict) and "meta" in it
             and "chartId" in it["meta"]}  # fmt: skip
    filters = bundle["dashboards/leaderboard.yaml"]["metadata"]["native_filter_configuration"]
    left_out = {it["name"]: {title[number] for number in it["scope"]["excluded"]} for it in filters}
    ledger = {"Points awarded, by day and rule"}
    dated = ledger | {"Movement since the day before", "The first five places, day by day"}
    everything = set(title.values())
    assert left_out == {"Site": set(), "Contest": ledger, "Date": everything - dated, "Content": everything - ledger}
    [about] = [it["description"] for it in files(bundle, "charts").values() if it["slice_name"] == "Teams"]
    assert about.endswith("Not narrowed by: Date, Content.")


def test_every_dashboard_is_narrowed_by_site_date_and_content(bundle: Bundle) -> None:
    for dashboard in files(bundle, "dashboards").values():
        filters = dashboard["metadata"]["native_filter_configuration"]
        assert {"Site", "Date", "Content"} <= {it["name"] for it in filters}
        assert {"site_id", "content_name"} <= {it["targets"][0].get("column", {}).get("name") for it in filters}


def test_a_chart_says_what_its_numbers_mean_and_where_the_rules_are(bundle: Bundle) -> None:
    for chart in files(bundle, "charts").values():
        [page] = re.findall(r"Rules and limits: (\S+\.md)\.", chart["description"])
        assert (ROOT / page).is_file()
        assert len(chart["description"]) > 100, chart["slice_name"]


def test_columns_are_those_of_the_contract(bundle: Bundle) -> None:
    [sessions] = [it for it in files(bundle, "datasets").values() if it["table_name"] == "sessions"]
    columns = {it["column_name"]: it for it in sessions["columns"]}
    assert columns["started_at"]["type"] == "TIMESTAMP" and columns["started_at"]["is_dttm"]
    assert columns["registered_count"]["type"] == "BIGINT" and not columns["registered_count"]["is_dttm"]
    assert columns["site_id"]["description"].startswith("Site of the report, as declared when it was landed.")
    assert columns["content_name"]["type"] == "VARCHAR"


def test_the_database_is_opened_read_only_and_reads_no_other_file(bundle: Bundle) -> None:
    address = urlsplit(bundle["databases/juno.yaml"]["sqlalchemy_uri"])
    assert Path(address.path.removeprefix("/")).is_absolute()
    assert address.query == DATABASE_SETTINGS == "access_mode=read_only&enable_external_access=false"
    with pytest.raises(SourceError, match="question mark"):
        make_bundle(SOURCE, CONTRACTS, Path("what?.duckdb"))


@pytest.mark.slow
def test_the_same_source_makes_the_same_bytes(tmp_path: Path, bundle: Bundle) -> None:
    again = make_bundle(read_source(), read_contracts(), Path("warehouse/published.duckdb"))
    for name, made in (("a.zip", bundle), ("b.zip", again)):
        write_bundle(made, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with ZipFile(tmp_path / "a.zip") as zipped:
        # Superset strips the first folder of every name.
        assert {name.split("/", 1)[0] for name in zipped.namelist()} == {"juno"}
        assert yaml.safe_load(zipped.read("juno/metadata.yaml"))["type"] == "Dashboard"
        assert yaml.safe_load(zipped.read("juno/dashboards/quality.yaml")) == bundle["dashboards/quality.yaml"]


def datasets_of(dashboard: Dashboard, source: Source) -> set[str]:
    """The marts that a dashboard reads."""
    names = {chart.dataset for chart in dashboard.charts} | {it.dataset for it in dashboard.filters if it.dataset}
    read = set()
    for name in names:
        dataset = source.datasets[name]
        read |= {dataset.table} | {join.table for join in dataset.joins}
        for made in dataset.calculated.values():
            read |= set(re.findall(rf"\b{SCHEMA}\.(\w+)", made.expression))
    return read


@pytest.mark.parametrize("name", sorted(SOURCE.dashboards))
def test_an_exposure_depends_on_what_its_dashboard_reads(name: str) -> None:
    exposure = by_name("exposures")[f"superset_{name}"]
    refs = re.findall(r"ref\('(\w+)'\)", " ".join(exposure["depends_on"]))
    assert Counter(refs) == Counter(datasets_of(SOURCE.dashboards[name], SOURCE))


def test_the_page_names_every_dashboard() -> None:
    page = (ROOT / "docs" / "how_to" / "superset.md").read_text()
    assert all(f"**{dashboard.title}**" in page for dashboard in SOURCE.dashboards.values())


@pytest.mark.slow
def test_the_command_says_what_it_made_or_what_is_wrong(tmp_path: Path) -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "scripts/superset_bundle.py", "--output", str(tmp_path / "it.zip"), *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    made = run()
    assert made.returncode == 0 and made.stdout.startswith("5 dashboards, ")
    assert (tmp_path / "it.zip").is_file()
    (tmp_path / "empty").mkdir()
    refused = run("--source", str(tmp_path / "empty"))
    assert refused.returncode == 1 and "Fix: " in refused.stdout and refused.stderr == ""
    (tmp_path / "file").touch()
    unwritten = run("--output", str(tmp_path / "file" / "it.zip"))
    assert unwritten.returncode == 1 and "cannot be written" in unwritten.stdout and unwritten.stderr == ""


def test_secrets_are_random_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    first, other = read_secrets(tmp_path / "a"), read_secrets(tmp_path / "b")
    assert read_secrets(tmp_path / "a") == first
    assert first.password != other.password and first.secret_key != other.secret_key
    assert min(len(first.password), len(first.secret_key)) >= 20
    assert (tmp_path / "a" / SECRETS).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["", "[]", '{"password": "x"}'])
def test_secrets_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / SECRETS).write_text(text)
    with pytest.raises(SupersetError, match=r"holds no secrets of ours. Fix: "):
        read_secrets(tmp_path)


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.serve.ENVIRONMENT", tmp_path)
    with pytest.raises(SupersetError, match="Fix: make superset"):
        set_up(tmp_path / "data", tmp_path / "published.duckdb")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/false")
    with pytest.raises(SupersetError, match="Fix: make build"):
        set_up(tmp_path / "data", tmp_path / "published.duckdb")
    (tmp_path / "published.duckdb").touch()
    with pytest.raises(SupersetError, match=r"did not take the dashboards.* Fix: read .*import.log"):
        set_up(tmp_path / "data", tmp_path / "published.duckdb")


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = ["scripts/serve_superset.py", "--folder", str(tmp_path), "--port", str(taken.getsockname()[1])]
        done = run_warm(command, ROOT, os.environ, needs_dbt=False)
    assert done.returncode == 1 and "is in use. Fix: make superset PORT=" in done.stdout and done.stderr == ""


def test_the_pages_may_ask_no_host_but_their_own() -> None:
    config: dict[str, Any] = superset_config.TALISMAN_CONFIG
    policy: dict[str, list[str]] = config["content_security_policy"]
    allowed = json.dumps(policy)
    assert superset_config.TALISMAN_ENABLED
    assert set(re.findall(r"[\w']+[.:][\w./:]*", allowed)) <= {"blob:", "data:"}
    assert {"default-src", "img-src", "connect-src", "font-src", "script-src"} <= set(policy)
