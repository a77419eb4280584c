"""What grows from build to build is what one build of all makes: base_juno__activities, the incremental model."""

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
from conftest import Project, delete_and_insert
from landing.land import land_reports
from landing.outcome import SAMPLE_SITE, Declaration
from warehouse.database import RAW_TABLES, connect

DATABASE = "activity"
SCHEMA = f"{DATABASE}.staging"
BASE = f"{SCHEMA}.base_juno__activities"
# What the base reads, in the order in which each finds what it reads.
BENEATH = ("base_juno__reports", *OF_PAIRS)
SEEDS = ("activity_types", "activity_aliases", "activity_words", "activity_clues", "site_activity_aliases")
START = datetime(2026, 5, 12, 10)


@dataclass(frozen=True)
class Report:
    """A report of a site: category, label, user, second and content of each record."""

    site_id: str
    records: Sequence[tuple[str, str | None, str | None, int, str | None]]


@dataclass(frozen=True)
class Base:
    """The compiled SQL of the base and of what it reads, with a database that holds the seeds."""

    beneath: Mapping[str, str]
    full: str
    incremental: str
    connection: duckdb.DuckDBPyConnection

    def built_of(self, builds: Sequence[Sequence[tuple[str, Report]]]) -> list[tuple[Any, ...]]:
        """The base after landing some reports and building, again and again."""
        self.connection.execute("truncate raw.activities; truncate raw.reports")
        for number, reports in enumerate(builds):
            for report_id, report in reports:
                self._land(report_id, report)
            reports_sql = self.beneath["base_juno__reports"]
            self.connection.execute(f"create or replace table {SCHEMA}.base_juno__reports as {reports_sql}")
            build_meanings(self.connection, SCHEMA, self.beneath)
            if number == 0:
                self.connection.execute(f"create or replace table {BASE} as {self.full}")
            else:
                delete_and_insert(self.connection, BASE, self.incremental)
        return self.connection.execute(f"from {BASE} order by all").fetchall()

    def _land(self, report_id: str, report: Report) -> None:
        times = [START + timedelta(seconds=second) for *_, second, _ in report.records]
        self.connection.execute(
            "insert into raw.reports (report_id, site_id, record_count, first_occurred_at, last_occurred_at)"
            " values (?, ?, ?, ?, ?)",
            [report_id, report.site_id, len(times), min(times), max(times)],
        )
        self.connection.executemany(
            "insert into raw.activities (report_id, record_number, category, action, label, user_id, occurred_at,"
            " content_id, content_name) values (?, ?, ?, 'Like', ?, ?, ?, ?, ?)",
            [
                (report_id, number, category, label, user_id, START + timedelta(seconds=second), content_id, report_id)
                for number, (category, label, user_id, second, content_id) in enumerate(report.records, start=1)
            ],
        )


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
        # What the base does not read need not be given: a file's hash, its bytes.
        for table in ("raw.reports", "raw.activities"):
            for column, is_required in connection.execute(
                f"select name, \"notnull\" from pragma_table_info('{table}')"
            ).fetchall():
                if is_required:
                    connection.execute(f"alter table {table} alter {column} drop not null")
        yield Base(
            {name: compiled[name].read_text() for name in BENEATH},
            compiled["base_juno__activities"].read_text(),
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


def test_what_a_build_settles_anew_is_few(base: Base) -> None:
    """Of 40 activities in the warehouse a new report holds one: the incremental SQL gives that one, and no other."""
    activities = [("Like", "A", str(user), 0, "1") for user in range(40)]
    base.built_of([[("old", Report("s", activities))]])
    base.built_of(
        [[("old", Report("s", activities))], [("new", Report("s", [activities[5], ("Like", "A", "x", 1, "1")]))]]
    )
    base.connection.execute(f"delete from {BASE} where report_id = 'new'")

    given = base.connection.execute(
        f"select report_id, record_number, is_duplicate from ({base.incremental}) order by all"
    ).fetchall()

    assert given == [("new", 1, False), ("new", 2, False), ("old", 6, True)]


def rows(project: Project) -> list[tuple[Any, ...]]:
    """The base as it is in a warehouse."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        return connection.execute("from staging.base_juno__activities order by all").fetchall()


def built(project: Project) -> list[tuple[Any, ...]]:
    """The base, built by dbt; its rows."""
    only = ("--select", "+base_juno__activities", "--exclude-resource-type", "test", "unit_test")
    result = project.dbt("build", *only)
    assert result.returncode == 0, result.stdout + result.stderr
    return rows(project)


def went_on(project: Project) -> bool:
    """Whether the last build went on from what was there, by the SQL that dbt ran."""
    [ran] = (project.root / "target" / "run").rglob("base_juno__activities.sql")
    return "delete from" in ran.read_text()


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
    assert len(set(before) - set(grown)) > 100, "no record of before is settled anew"

    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("insert into raw.forgotten_users values ('x', 'hash', '2026-05-12')")
    anew = built(project)
    assert not went_on(project)
    assert [row[:-1] for row in anew] == [row[:-1] for row in grown]
    assert anew != grown

    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(
            "delete from raw.reports where file_name = 'newer.csv';"
            "delete from raw.activities where report_id not in (select report_id from raw.reports)"
        )
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
    for name in ("base_juno__activities", *BENEATH):
        typing |= used(manifest["nodes"][f"model.juno_activity.{name}"])

    # That it is asked for, and how the rows are written, types no record.
    others = {"typing_fingerprint", "replaces_whole_reports", "duckdb__replaces_whole_reports"}
    assert typing - used(fingerprint) == {f"macro.juno_activity.{name}" for name in others}
