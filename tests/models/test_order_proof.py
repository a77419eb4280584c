"""The same records give the same marts: in any order, with builds in between, split, duplicated, downloaded again.

The models are run as dbt compiled them for the sample, on a warehouse in memory; after the first build those that are
incremental as dbt compiles them for a warehouse that is there.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import shutil
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pytest

from conftest import Project
from landing.land import land_reports
from landing.outcome import Declaration
from simulation.exporter import Losses
from simulation.generate import Order, write_reports
from warehouse.raw_tables import RAW_TABLES

SCHEMAS = ("activity.staging", "activity.intermediate", "published.marts", "published.restricted", "published.site")
# The time of landing is no part of the contents of a report.
PASSING = ("loaded_at",)
# The first landed file of several with the same bytes gives its name.
NAMES = (*PASSING, "file_name", "unique_in_file_names")
# The place of a record: its report and its number there. Of the marts of reports nothing else is left.
PLACES = (*NAMES, "report_id", "record_number")
OF_REPORTS = ("report_reconciliation", "report_changes")

# The print of a table: how many rows it has, and the sum of their hashes, which no order changes.
Prints = dict[str, tuple[int, int | None]]


@dataclass(frozen=True)
class Models:
    """The compiled models, in the order of what each reads, and the seeds.

    Attributes:
        sql: how each is materialized, its relation and its SQL.
        incremental_sql: the SQL of those that are there.
        lasting: the relations that outlast a build, and what they are made from.
        seeds: the file of the seeds.
    """

    sql: Sequence[tuple[str, str, str]]
    incremental_sql: Mapping[str, str]
    lasting: Set[str]
    seeds: Path

    def built_of(
        self, steps: Sequence[Sequence[Path]], *passing: Sequence[str], checks_twins: bool = True
    ) -> list[Prints]:
        """The marts after landing some files and building, again and again, once without each of these columns.

        Each build but the last makes only what the next one does not make again. That no report is taken for a twin
        need not be asked of each order, and takes a third of the time.
        """
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'; set threads = 2")
            connection.execute("attach ':memory:' as published; attach ':memory:' as activity; use activity")
            connection.execute(RAW_TABLES)
            for schema in SCHEMAS:
                connection.execute(f"create schema {schema}")
            connection.execute(f"attach '{self.seeds}' as built (read_only)")
            for (seed,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'built'"
            ).fetchall():
                connection.execute(f"create table staging.{seed} as from built.{seed}")
            for number, files in enumerate(steps):
                for landing in land_reports(connection, list(files), Declaration(), checks_twins=checks_twins):
                    assert landing.refusal is None, landing.refusal
                for kind, relation, sql in self.sql:
                    if relation not in self.lasting and number < len(steps) - 1:
                        continue
                    if kind == "incremental" and number > 0:
                        connection.execute(f"insert into {relation} by name {self.incremental_sql[relation]}")
                    else:
                        shape = "view" if kind == "view" else "table"
                        connection.execute(f"create or replace {shape} {relation} as {sql}")
            return [_prints(connection, left_out) for left_out in passing]


def _prints(connection: duckdb.DuckDBPyConnection, passing: Sequence[str]) -> Prints:
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns()"
        " where database_name = 'published' order by all"
    ).fetchall():
        if not any(column == name or column.endswith(f"_{name}") for name in passing):
            columns.setdefault(table, []).append(f'"{column}"')
    return {
        table: connection.execute(
            f"select count(*), sum(hash({', '.join(names)})::hugeint) from published.{table}"
        ).fetchall()[0]
        for table, names in columns.items()
    }


@pytest.fixture(scope="module")
def models(sample_project: Project, incremental_base: str, tmp_path_factory: pytest.TempPathFactory) -> Models:
    manifest = json.loads((sample_project.as_built / "manifest.json").read_text())
    nodes: Mapping[str, dict[str, object]] = {
        name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    parents = {name: set(manifest["parent_map"][name]) & nodes.keys() for name in nodes}
    sql = []
    for name in TopologicalSorter(parents).static_order():
        node = manifest["nodes"][name]
        compiled = sample_project.as_built / Path(node["compiled_path"]).relative_to("target")
        sql.append((node["config"]["materialized"], node["relation_name"], compiled.read_text()))
    seeds = tmp_path_factory.mktemp("seeds") / "seeds.duckdb"
    with duckdb.connect(str(seeds)) as connection:
        connection.execute(f"attach '{sample_project.warehouse}' as built (read_only)")
        for node in manifest["nodes"].values():
            if node["resource_type"] == "seed":
                connection.execute(f"create table {node['name']} as from built.staging.{node['name']}")
    base = manifest["nodes"]["model.juno_activity.base_juno__events"]["relation_name"]
    assert {relation for kind, relation, _ in sql if kind == "incremental"} == {base}
    names = {node["relation_name"]: name for name, node in nodes.items()}
    lasting = {base}
    for _, relation, _ in reversed(sql):
        if relation in lasting:
            lasting |= {str(nodes[parent]["relation_name"]) for parent in parents[names[relation]]}
    return Models(sql, {base: incremental_base}, lasting, seeds)


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Downloads that overlap; two of them were made again later, when people and sessions had other names."""
    folder = tmp_path_factory.mktemp("downloads")
    edits = Losses(edited_people=0.3, renamed_sessions=0.5)
    write_reports(
        Order(3000, folder, 5, files=4, losses=edits, overlap=0.3, repeats=2, content_pages=1, user_histories=1)
    )
    shutil.copy(next(Path(__file__).parent.parent.parent.glob("sample/reports/unique_users*.csv")), folder)
    return sorted(folder.glob("*.csv"))


@pytest.fixture(scope="module")
def at_once(models: Models, downloads: list[Path]) -> list[Prints]:
    """The marts of all downloads, landed and built at once; with the names of files, and without them."""
    named, nameless = models.built_of([downloads], PASSING, NAMES)
    assert named["marts.fct_activities"][0] > 2000
    assert named["marts.report_reconciliation"][0] == len(downloads) - 1
    return [named, nameless]


@pytest.mark.parametrize("seed", range(3))
def test_neither_the_order_nor_builds_in_between_change_anything(
    models: Models, downloads: list[Path], at_once: list[Prints], seed: int
) -> None:
    rng = random.Random(seed)
    shuffled = rng.sample(downloads, len(downloads))
    first = rng.randrange(1, len(shuffled))

    steps = [shuffled[:first], shuffled[first:]]
    assert models.built_of(steps, PASSING, checks_twins=seed == 0) == at_once[:1]


def test_what_is_there_twice_under_other_names_and_packed_changes_nothing(
    models: Models, downloads: list[Path], at_once: list[Prints], tmp_path: Path
) -> None:
    copies = []
    for path in downloads:
        # The date in the name of a unique users report counts, so the names keep it.
        copy, packed = tmp_path / f"copy of {path.name}", tmp_path / f"packed {path.name}.gz"
        shutil.copy(path, copy)
        packed.write_bytes(gzip.compress(path.read_bytes()))
        copies += [copy, packed]
    files = random.Random(4).sample([*downloads, *copies], 3 * len(downloads))

    [copied] = models.built_of([files], NAMES, checks_twins=False)
    # It says how each report came, which is the first that was landed of those that hold the same.
    del copied["marts.report_changes"]
    assert copied == {table: prints for table, prints in at_once[1].items() if table != "marts.report_changes"}


def test_a_report_that_is_split_in_time_tells_the_same(models: Models, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    write_reports(Order(2500, whole, 6, files=2))
    parts.mkdir()
    for path in whole.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            header, *records = csv.reader(file)
        date = header.index("Date")
        boundary = sorted(record[date] for record in records)[len(records) // 3]
        for name, is_late in (("early", False), ("late", True)):
            with (parts / f"{path.stem} {name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(
                    [header, *(record for record in records if (record[date] >= boundary) == is_late)]
                )
    [split] = models.built_of([[path] for path in sorted(parts.glob("*.csv"), reverse=True)], PLACES)
    [unsplit] = models.built_of([sorted(whole.glob("*.csv"))], PLACES, checks_twins=False)

    for table in OF_REPORTS:
        for prints in (split, unsplit):
            prints.pop(f"marts.{table}", None)
    assert split == unsplit
