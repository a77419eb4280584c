"""What grows from build to build is what one build of all makes: base_juno__events, the incremental model."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiled_models import MEANINGS, OF_PAIRS, PAIRS, build_meanings
from conftest import Project
from landing.land import land_reports
from landing.landed import delete_reports
from landing.outcome import Declaration
from warehouse.database import connect
from warehouse.raw import SAMPLE_SITE, store_table
from warehouse.raw_tables import RAW_TABLES

DATABASE = "activity"
SCHEMA = f"{DATABASE}.staging"
BASE = f"{SCHEMA}.base_juno__events"
# The models that the base reads, each after those that it reads itself.
BENEATH = ("base_juno__reports", *OF_PAIRS)
# The models that say which record is the unique one of each activity, in the same order.
ABOVE = {
    "base_juno__report_records": "view",
    "base_juno__repeated_events": "table",
    "base_juno__repeated_records": "view",
    "base_juno__activity_records": "table",
    "base_juno__activities": "view",
    "base_juno__event_downloads": "view",
    "base_juno__duplicates": "table",
}
RAW = ("reports", "report_numbers", "report_records", "records", "events", "user_names", "content_names")
SEEDS = ("activity_types", "activity_aliases", "activity_words", "activity_clues", "site_activity_aliases", "same_user")
START = datetime(2026, 5, 12, 10)


@dataclass(frozen=True)
class Report:
    """A report of a site: category, label, user, second and content of each record."""

    site_id: str
    records: Sequence[tuple[str, str | None, str | None, int, str | None]]


@dataclass(frozen=True)
class Base:
    """The compiled SQL of the base, of what it reads and of what reads it, with a database that holds the seeds."""

    beneath: Mapping[str, str]
    above: Mapping[str, str]
    full: str
    incremental: str
    connection: duckdb.DuckDBPyConnection

    def built_of(self, builds: Sequence[Sequence[tuple[str, Report]]]) -> list[tuple[Any, ...]]:
        """The activities and the numbers of duplicates after landing some reports and building, again and again."""
        for table in RAW:
            self.connection.execute(f"truncate raw.{table}")
        for number, reports in enumerate(builds):
            for report_id, report in reports:
                self._land(report_id, report)
            reports_sql = self.beneath["base_juno__reports"]
            self.connection.execute(f"create or replace table {SCHEMA}.base_juno__reports as {reports_sql}")
            build_meanings(self.connection, SCHEMA, self.beneath)
            if number == 0:
                self.connection.execute(f"create or replace table {BASE} as {self.full}")
            else:
                self.connection.execute(f"insert into {BASE} by name {self.incremental}")
        for name, kind in ABOVE.items():
            self.connection.execute(f"create or replace {kind} {SCHEMA}.{name} as {self.above[name]}")
        activities = self.connection.execute(f"from {SCHEMA}.base_juno__activities order by all").fetchall()
        return activities + self.connection.execute(f"from {SCHEMA}.base_juno__duplicates order by all").fetchall()

    def _land(self, report_id: str, report: Report) -> None:
        times = [START + timedelta(seconds=second) for *_, second, _ in report.records]
        self.connection.execute(
            "insert into raw.reports (report_id, site_id, record_count, first_occurred_at, last_occurred_at)"
            " values (?, ?, ?, ?, ?)",
            [report_id, report.site_id, len(times), min(times), max(times)],
        )
        self.connection.execute("create or replace temp table landed as from raw.activities limit 0")
        self.connection.executemany(
            "insert into landed (report_id, record_number, category, action, label, user_id, occurred_at, date,"
            " content_id, content_name) values (?, ?, ?, 'Like', ?, ?, ?, '', ?, ?)",
            [
                (report_id, number, category, label, user_id, START + timedelta(seconds=second), content_id, report_id)
                for number, (category, label, user_id, second, content_id) in enumerate(report.records, start=1)
            ],
        )
        store_table(self.connection, "landed", report_id, report.site_id)


@pytest.fixture(scope="module")
def base(sample_project: Project, incremental_base: str) -> Iterator[Base]:
    compiled = {path.stem: path for path in (sample_project.as_built / "compiled").rglob("base_*.sql")}
    with duckdb.connect() as connection:
        connection.execute(f"set threads = 1; attach ':memory:' as {DATABASE}; use {DATABASE}")
        connection.execute(RAW_TABLES)
        connection.execute("create schema staging")
        connection.execute(f"attach '{sample_project.warehouse}' as built (read_only)")
        for seed in SEEDS:
            connection.execute(f"create table staging.{seed} as from built.staging.{seed}")
        connection.execute("detach built")
        # Columns that the base does not read need no value: a file's hash, its bytes.
        for column, is_required in connection.execute(
            "select name, \"notnull\" from pragma_table_info('raw.reports')"
        ).fetchall():
            if is_required:
                connection.execute(f"alter table raw.reports alter {column} drop not null")
        yield Base(
            {name: compiled[name].read_text() for name in BENEATH},
            {name: compiled[name].read_text() for name in ABOVE},
            compiled["base_juno__events"].read_text(),
            incremental_base,
            connection,
        )


# Few values, so that the same activity comes twice in a report, and in several.
RECORDS = st.tuples(
    st.sampled_from(["Like", "Badge"]),
    st.sampled_from(["A", "B", None]),
    st.sampled_from(["7", "8", None]),
    st.integers(0, 1),
    st.sampled_from(["1", None]),
)
# Several sites in an example: no record reaches beyond its site, and an example costs the same for one and for many.
REPORTS = st.builds(Report, st.sampled_from("stuvwx"), st.lists(RECORDS, min_size=1, max_size=6))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reports=st.lists(REPORTS, min_size=2, max_size=18),
    cuts=st.sets(st.integers(1, 17), min_size=1, max_size=4),
    seed=st.randoms(),
)
def test_build_by_build_is_what_one_build_makes(
    base: Base, reports: list[Report], cuts: set[int], seed: random.Random
) -> None:
    named = [(f"r{number}", report) for number, report in enumerate(reports)]
    at_once = base.built_of([named])
    # A build may come after any report, and find nothing new.
    bounds = [0, *sorted(min(cut, len(named)) for cut in cuts), len(named)]
    shuffled = named[:]
    seed.shuffle(shuffled)

    grown = base.built_of([shuffled[start:end] for start, end in pairwise(bounds)])

    assert grown == at_once


@pytest.mark.parametrize("seed", range(3))
def test_what_a_pair_means_depends_on_no_other_pair(base: Base, sample_project: Project, seed: int) -> None:
    """With half of the pairs of the sample, each means what it means among all of them."""
    columns = "site_id, category, action, label_shape, activity_type, alias_evidence, alias_pattern, is_to_confirm"
    with duckdb.connect(str(sample_project.warehouse), read_only=True) as connection:
        pairs = connection.execute(f"from staging.{PAIRS}").fetchall()
        among_all = connection.execute(f"select {columns} from staging.{MEANINGS[-1]}").fetchall()
    half = random.Random(seed).sample(sorted(pairs, key=repr), len(pairs) // 2)
    chosen = {pair[:4] for pair in half}
    base.built_of([[("any", Report("s", [("Like", "A", "7", 0, "1")]))]])

    with base.connection.cursor() as connection:
        connection.execute(f"use {DATABASE}; begin; truncate {SCHEMA}.{PAIRS}")
        connection.executemany(f"insert into {SCHEMA}.{PAIRS} values (?, ?, ?, ?, ?)", half)
        for model in MEANINGS:
            connection.execute(f"create or replace table {SCHEMA}.{model} as {base.beneath[model]}")
        among_half = connection.execute(f"select {columns} from {SCHEMA}.{MEANINGS[-1]}").fetchall()
        connection.execute("rollback")

    assert len(chosen) > 25
    assert sorted(among_half, key=repr) == sorted([row for row in among_all if row[:4] in chosen], key=repr)


def test_what_a_build_types_is_new(base: Base) -> None:
    """Of 40 activities in the warehouse a new report holds one, and another: a build types the other alone."""
    activities = [("Like", "A", str(user), 0, "1") for user in range(40)]
    new = Report("s", [activities[5], ("Like", "A", "x", 1, "1")])
    base.built_of([[("old", Report("s", activities))], [("new", new)]])
    base.connection.execute(f"delete from {BASE} where user_id = 'x'")

    given = base.connection.execute(f"select user_id from ({base.incremental})").fetchall()

    assert given == [("x",)]


def rows(project: Project) -> list[tuple[Any, ...]]:
    """The base as it is in a warehouse."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        return connection.execute("select * exclude (event_id) from staging.base_juno__events order by all").fetchall()


def built(project: Project) -> list[tuple[Any, ...]]:
    """The base, built by dbt; its rows."""
    only = ("--select", "+base_juno__events", "--exclude-resource-type", "test", "unit_test")
    result = project.dbt("build", *only)
    assert result.returncode == 0, result.stdout + result.stderr
    return rows(project)


def went_on(project: Project) -> bool:
    """Whether the last build went on from what was there, by the SQL that dbt ran."""
    [ran] = (project.root / "target" / "run").rglob("base_juno__events.sql")
    return "insert into" in ran.read_text()


def test_dbt_goes_on_from_what_is_there_and_types_anew_where_it_no_longer_holds(
    project: Project, sample_project: Project
) -> None:
    """In one go: a report that overlaps all others, somebody forgotten, a report that is gone."""
    project.take_over(sample_project)
    before = rows(project)
    lines = (project.root / "sample" / "reports" / "sitewide_2026-05-14.csv").read_bytes().splitlines(keepends=True)
    newer = project.root / "reports" / "newer.csv"
    newer.write_bytes(b"".join([*lines, lines[-1]]))
    with connect(project.warehouse) as connection:
        [landing] = land_reports(connection, [newer], Declaration(site_id=SAMPLE_SITE))
        assert landing.refusal is None

    grown = built(project)
    assert went_on(project)
    assert len(grown) == len(before) + 1, "the report has one activity more"

    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("insert into raw.forgotten_users values ('x', 'hash', '2026-05-12')")
    rebuilt = built(project)
    assert not went_on(project)
    assert [row[:-1] for row in rebuilt] == [row[:-1] for row in grown]
    assert rebuilt != grown

    with duckdb.connect(str(project.warehouse)) as connection:
        [(report_id,)] = connection.execute(
            "select report_id from raw.reports where file_name = 'newer.csv'"
        ).fetchall()
        delete_reports(connection, [report_id])
    assert [row[:-1] for row in built(project)] == [row[:-1] for row in before]
    assert not went_on(project)


def test_the_fingerprint_leaves_out_no_macro_by_which_a_record_is_typed(sample_project: Project) -> None:
    manifest: Mapping[str, Any] = json.loads((sample_project.as_built / "manifest.json").read_text())
    macros: Mapping[str, Any] = manifest["macros"]

    def used(node: Mapping[str, Any]) -> set[str]:
        """The project's own macros that a node or a macro uses, and those that they use."""
        direct = {name for name in node["depends_on"]["macros"] if name.startswith("macro.juno_activity.")}
        return direct.union(*(used(macros[name]) for name in direct))

    fingerprint = macros["macro.juno_activity.typing_fingerprint"]
    typing: set[str] = set()
    for name in ("base_juno__events", *BENEATH):
        typing |= used(manifest["nodes"][f"model.juno_activity.{name}"])

    # That it is asked for types no record.
    assert typing - used(fingerprint) == {"macro.juno_activity.typing_fingerprint"}
