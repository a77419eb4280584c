"""The attendance models as dbt compiles them, run on a few records in memory: milliseconds instead of a dbt run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from conftest import Once, Project, copy_project
from warehouse.raw_tables import RAW_TABLES

# The chain, in the order of what each model reads. Staging models are views, as in the project.
CHAIN = (
    "staging.base_juno__reports",
    "staging.base_juno__activity_pairs",
    "staging.base_juno__text_stems",
    "staging.base_juno__word_meanings",
    "staging.base_juno__alias_stems",
    "staging.base_juno__alias_matches",
    "staging.base_juno__activity_patterns",
    "staging.base_juno__events",
    "staging.base_juno__report_records",
    "staging.base_juno__user_names",
    "staging.base_juno__repeated_events",
    "staging.base_juno__repeated_records",
    "staging.base_juno__activity_records",
    "staging.base_juno__activities",
    "staging.stg_juno__session_events",
    "intermediate.int_meeting_pairs",
    "intermediate.int_session_event_places",
    "intermediate.int_session_event_parts",
    "intermediate.int_session_event_numbers",
    "intermediate.int_session_events",
    "intermediate.int_page_sessions",
    "intermediate.int_usual_times",
    "published.marts.fct_activities",
    "intermediate.int_activity_sessions",
    "intermediate.int_presence_evidence",
    "intermediate.int_session_people",
    "intermediate.int_session_runs",
    "intermediate.int_session_schedule",
    "intermediate.int_inferred_windows",
    "intermediate.int_sessions",
    "intermediate.int_attendance_corrections",
    "intermediate.int_presence_stays",
    "intermediate.int_closed_stays",
    "intermediate.int_others_left",
    "published.marts.fct_presence_intervals",
    "published.marts.fct_session_attendance",
    "published.marts.fct_session_concurrency",
    "published.marts.fct_sessions",
)
VIEWS = frozenset(
    {
        "staging.base_juno__report_records",
        "staging.base_juno__repeated_records",
        "staging.base_juno__activities",
        "staging.stg_juno__session_events",
        "intermediate.int_session_event_parts",
        "intermediate.int_session_events",
        "intermediate.int_presence_stays",
    }
)
# As on Spark, where each record is an event of its own: a table takes records one by one, and the rest are views of it.
RECORDS_AS_EVENTS = """
create table raw.kept as from raw.activities;
drop view raw.activities;
alter table raw.kept rename to activities;
drop table raw.report_numbers; drop table raw.events; drop table raw.content_names; drop table raw.records;
drop table raw.report_records;
create view raw.report_numbers as select report_id as report_number, report_id from raw.reports;
create view raw.events as
select report_id || ':' || record_number as event_id, site_id, 1 as copy_number, activities.* exclude (report_id)
from raw.activities inner join raw.reports using (report_id);
create view raw.content_names as
-- One site, whichever: another row would double the activities.
select
    [content_id, content_name, content_slug] as content_name_id, min(site_id) as site_id,
    content_id, content_name, content_slug
from raw.activities inner join raw.reports using (report_id)
group by all;
create view raw.records as
select
    report_id || ':' || record_number as record_id,
    report_id || ':' || record_number as event_id,
    1 as user_name_id,
    [content_id, content_name, content_slug] as content_name_id
from raw.activities;
create view raw.report_records as
select report_id as report_number, record_number, report_id || ':' || record_number as record_id from raw.activities;
"""
# The distinct categories and actions of the reports, and the models that say what each of them means.
PAIRS = "base_juno__activity_pairs"
MEANINGS = (
    "base_juno__text_stems",
    "base_juno__word_meanings",
    "base_juno__alias_stems",
    "base_juno__alias_matches",
    "base_juno__activity_patterns",
)
OF_PAIRS = (PAIRS, *MEANINGS)
SEEDS = (
    "activity_types",
    "activity_aliases",
    "activity_words",
    "activity_clues",
    "site_activity_aliases",
    "session_schedule",
    "attendance_corrections",
    "same_user",
)
SITE = "default"

Row = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """A record as it is in raw.activities."""

    user_id: str
    category: str
    action: str
    label: str
    occurred_at: datetime
    content_id: str = ""
    content_name: str = ""


@dataclass(frozen=True)
class Report:
    """A landed report; its id and its time of landing say nothing of when it was downloaded."""

    report_id: str
    records: Sequence[Record]
    loaded_at: datetime = datetime(2026, 6, 1)
    site_id: str = SITE


@dataclass(frozen=True)
class Schedule:
    """A row of the seed session_schedule."""

    content_id: str
    starts_at: datetime
    ends_at: datetime
    site_id: str = SITE


@dataclass(frozen=True)
class Marts:
    """The rows of the marts of attendance."""

    sessions: list[Row]
    attendance: list[Row]
    intervals: list[Row]
    concurrency: list[Row]


@dataclass(frozen=True)
class Chain:
    """The compiled SQL of the chain, and a database that holds the seeds."""

    sql: Mapping[str, str] = field(repr=False)
    connection: duckdb.DuckDBPyConnection = field(repr=False)

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Leave the SQL out of a counterexample, too."""
        printer.text(repr(self))

    def meanings(self, reports: Iterable[Report]) -> list[tuple[Any, ...]]:
        """The category, action and label shape of each pattern of the reports, with its activity type and evidence."""
        self._land(list(reports))
        build_meanings(self.connection, "staging", {name: self.sql[f"staging.{name}"] for name in OF_PAIRS})
        return self.connection.execute(
            "select category, action, label_shape, activity_type, alias_evidence"
            " from staging.base_juno__activity_patterns order by all"
        ).fetchall()

    def run(self, reports: Iterable[Report], schedule: Iterable[Schedule] = ()) -> Marts:
        """Put the reports and the schedule in place of the former ones and build every model."""
        self._land(list(reports))
        self._plan(list(schedule))
        return self.build()

    def build(self) -> Marts:
        """Build every model on what is landed."""
        for model in CHAIN:
            name = model.removeprefix("staging.")
            if name == PAIRS:
                build_meanings(self.connection, "staging", {name: self.sql[f"staging.{name}"] for name in OF_PAIRS})
            if name in OF_PAIRS:
                continue
            kind = "view" if model in VIEWS else "table"
            self.connection.execute(f"create or replace {kind} {model} as {self.sql[model]}")
        return Marts(
            self.rows("published.marts.fct_sessions"),
            self.rows("published.marts.fct_session_attendance"),
            self.rows("published.marts.fct_presence_intervals"),
            self.rows("published.marts.fct_session_concurrency"),
        )

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, as dictionaries, in an order that only their values make."""
        result = self.connection.execute(f"select * from {table} order by all")
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _land(self, reports: list[Report]) -> None:
        self.connection.execute("truncate raw.activities")
        self.connection.execute("truncate raw.reports")
        landed = [report for report in reports if report.records]
        self._insert(
            "raw.reports",
            ("report_id", "site_id", "file_name", "landed_count", "first_occurred_at", "last_occurred_at", "loaded_at"),
            [
                (
                    report.report_id,
                    report.site_id,
                    f"{report.report_id}.csv",
                    len(report.records),
                    min(record.occurred_at for record in report.records),
                    max(record.occurred_at for record in report.records),
                    report.loaded_at,
                )
                for report in landed
            ],
        )
        self._insert(
            "raw.activities",
            (
                *("report_id", "record_number", "user_id", "category", "action", "label", "occurred_at", "date"),
                *("content_id", "content_name", "content_slug"),
            ),
            [
                (
                    *(report.report_id, number, record.user_id, record.category, record.action, record.label),
                    *(record.occurred_at, str(record.occurred_at)),
                    *(record.content_id, record.content_name, record.content_name.lower().replace(" ", "_")),
                )
                for report in landed
                for number, record in enumerate(report.records, start=1)
            ],
        )

    def _plan(self, schedule: list[Schedule]) -> None:
        self.connection.execute("truncate staging.session_schedule")
        self._insert(
            "staging.session_schedule",
            ("site_id", "content_id", "session_type", "starts_at", "ends_at"),
            [(row.site_id, row.content_id, "session", row.starts_at, row.ends_at) for row in schedule],
        )

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert all rows in one statement, a list for each column: a place for each value takes ten times as long."""
        if rows:
            lists = ", ".join(["unnest(?)"] * len(columns))
            values = [list(column) for column in zip(*rows, strict=True)]
            self.connection.execute(f"insert into {table} ({', '.join(columns)}) select {lists}", values)


def build_meanings(connection: duckdb.DuckDBPyConnection, schema: str, sql: Mapping[str, str]) -> None:
    """Build what the pairs of the reports mean, unless an earlier build already did for each of them.

    The meanings are half of the time of a chain, and few examples bring a new pair. What a pair means depends on no
    other pair: test_incremental.py proves that, so the pairs of earlier builds may stay.

    Args:
        connection: the database, whose seeds stay as they are.
        schema: where the models are.
        sql: the compiled SQL of PAIRS and of the MEANINGS.
    """
    identity = "site_id, category, action, label_shape"
    pairs, known = f"{schema}.{PAIRS}", f"{schema}.known_pairs"
    connection.execute(f"create or replace table {pairs} as {sql[PAIRS]}")
    # Without any pair the meanings are tables, too.
    is_first = not connection.execute("from duckdb_tables() where table_name = 'known_pairs'").fetchall()
    connection.execute(f"create table if not exists {known} as from {pairs} limit 0")
    [(new_count,)] = connection.execute(
        f"insert into {known} by name"
        f" select *, 1 as record_count from (select {identity} from {pairs} except select {identity} from {known})"
    ).fetchall()
    if new_count or is_first:
        connection.execute(f"create or replace table {pairs} as from {known}")
        for model in MEANINGS:
            connection.execute(f"create or replace table {schema}.{model} as {sql[model]}")


def compile_chain(project: Project) -> None:
    """Build the chain once with dbt on the sample."""
    landed = project.script("load_reports.py", "sample/reports")
    assert "landed" in landed.stdout, landed.stdout + landed.stderr
    models = [f"+{model.split('.')[-1]}" for model in CHAIN[-4:]]
    built = project.dbt("build", "--select", *models, "--exclude-resource-type", "test", "unit_test")
    assert built.returncode == 0, built.stdout + built.stderr


def chain_of(once: Once, run_folder: Path) -> Chain:
    """The compiled models: those of the sample if this run has built it."""
    if (run_folder / "sample.whole").exists():
        sample = Project(run_folder / "sample")
        return open_chain(sample, sample.as_built)
    project = Project(once("chain", lambda folder: compile_chain(copy_project(folder))))
    return open_chain(project, project.root / "target")


def open_chain(project: Project, target: Path) -> Chain:
    """Take the SQL that dbt compiled into a folder, and the seeds of its project, into memory."""
    database = project.warehouse.stem
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"attach '{project.warehouse}' as built (read_only)")
    connection.execute(f"attach ':memory:' as {database}")
    connection.execute(f"use {database}")
    connection.execute(RAW_TABLES)
    connection.execute(RECORDS_AS_EVENTS)
    connection.execute("attach ':memory:' as published; create schema published.marts")
    # Fields that no model of the chain reads need not be given: a file's hash, its bytes.
    for column in ("file_sha256", "file_bytes", "time_zone", "date_format", "delimiter", "encoding", "header"):
        connection.execute(f"alter table raw.reports alter {column} drop not null")
    for column in ("record_count", "rejected_count"):
        connection.execute(f"alter table raw.reports alter {column} set default 0")
    for schema in ("staging", "intermediate"):
        connection.execute(f"create schema {schema}")
    for seed in SEEDS:
        connection.execute(f"create table staging.{seed} as from built.staging.{seed}")
    connection.execute("detach built")
    return Chain(MappingProxyType(compiled_sql(target)), connection)


def compiled_sql(target: Path) -> dict[str, str]:
    """The compiled SQL of every model of the chain."""
    files = {path.stem: path for path in (target / "compiled").rglob("models/**/*.sql")}
    return {model: files[model.split(".")[-1]].read_text() for model in CHAIN}
