"""The floor: every published table straight from the reports, with as few passes as DuckDB needs.

What `make build` is compared with. It takes the SQL of the models as dbt compiled it, for better SQL belongs into the
models, where it helps both. What it does without is what the project's machinery costs: dbt itself, the landing with
its checks and its layer, the tests, and the copy that is published. Each mart is written once, where it is read.

It trusts the reports, as a loader may not: all activity reports in UTF-8, with commas, the usual columns and
times in UTC like 2026-05-12 15:27:26, and no broken record. A report of unique users is not among them.

It reads target/manifest.json, which the project's build leaves, and runs with PYTHONPATH=scripts.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from publishing.published_tables import PUBLISHED_SCHEMAS
from reports.columns import ACTIVITY_REPORT
from reports.format import read_format
from rules import PROJECT_ROOT, SITE
from warehouse.database import BLOCK_SIZE, STORAGE_VERSION, memory_limit
from warehouse.raw import store_records
from warehouse.raw_tables import RAW_TABLES

MANIFEST = PROJECT_ROOT / "target" / "manifest.json"
# As the project has them in profiles.yml.
THREADS = 2
STEPS_AT_ONCE = 2

# Columns of raw.reports that are the same for all.
FORMAT = "'UTC' as time_zone, 'yyyy-MM-dd' as date_format, ',' as delimiter, 'utf-8' as encoding, 'csv' as file_format"


@dataclass(frozen=True)
class Step:
    """A table or a view to make.

    Attributes:
        statement: SQL that makes it.
        drop: SQL that drops it when no step reads it any more; None for what is published.
        is_view: whether each reader computes it again.
        needs: the steps that it reads.
    """

    statement: str
    drop: str | None
    is_view: bool
    needs: tuple[str, ...]


def main() -> None:
    """Make floor.duckdb from a folder of reports: REPORTS_FOLDER OUTPUT_FOLDER SALT_FILE [MART …]."""
    reports, output, salt_file = map(Path, sys.argv[1:4])
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    salt = salt_file.read_text(encoding="utf-8")
    make_marts(sorted(reports.glob("*.csv")), output / "floor.duckdb", manifest, salt, sys.argv[4:])


def make_marts(
    reports: Sequence[Path], target: Path, manifest: Mapping[str, Any], salt: str, marts: Collection[str] = ()
) -> None:
    """Make published tables from activity reports in a new file, with the salt of the warehouse to compare.

    Args:
        reports: the files.
        target: the new file.
        manifest: dbt's manifest, with the SQL that it compiled.
        salt: the salt of the keys of private meetings.
        marts: the tables to make, and only what they need; all that are published if none is named.
    """
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    work = next(node["database"] for node in nodes if not is_published(node))
    # Unpublished tables are in a file too: compressed, it is read faster than in memory.
    work_file = target.with_name("work.duckdb")
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit(),
        "threads": THREADS,
        "default_block_size": BLOCK_SIZE,
    }
    with duckdb.connect(config=config) as connection:
        connection.execute(
            f"set temp_directory = '{target}.tmp'; set TimeZone = 'UTC'; set enable_progress_bar = false"
        )
        connection.execute(f"attach '{work_file}' as \"{work}\" (storage_version '{STORAGE_VERSION}')")
        connection.execute(f"attach '{target}' as floor (storage_version '{STORAGE_VERSION}')")
        for database, schema in {("floor" if is_published(node) else work, node["schema"]) for node in nodes}:
            connection.execute(f'create schema "{database}"."{schema}"')
        connection.execute(f'use "{work}"')
        read_reports(connection, reports)
        connection.execute("insert into raw.meeting_salts values ('all', ?)", [salt.strip()])
        run(connection, steps_of(nodes, marts))
    work_file.unlink()


def read_reports(connection: duckdb.DuckDBPyConnection, reports: Sequence[Path]) -> None:
    """Fill the schema raw with what the models read, and trust what is in the files."""
    connection.execute(RAW_TABLES)
    connection.execute("create schema landed")
    for number, path in enumerate(reports):
        report = read_format(path)
        names = {index: column for column, index in report.columns.items()}
        types = {names[index]: "timestamp" if names[index] == "date" else "varchar" for index in sorted(names)}
        texts = [column for column, kind in types.items() if kind == "varchar"]
        table = f"landed.report_{number}"
        connection.execute(
            f"""
            create table {table} as
            from read_csv(
                $path, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
                columns = {types}, timestampformat = '%Y-%m-%d %H:%M:%S', force_not_null = {texts}
            )
            """,
            {"path": str(path)},
        )
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        store_records(connection, [sha256[:16]], SITE, partial(records_of, table))
        connection.execute(
            f"""
            insert into raw.reports by name
            select
                $report_id as report_id, $file_name as file_name, $sha256 as file_sha256, $bytes as file_bytes,
                '{SITE}' as site_id, {FORMAT}, $header as header, $known as known_columns, $missing as missing_columns,
                [] as renamed_columns, [] as extra_columns, count(*) as record_count, count(*) as landed_count,
                0 as rejected_count, min(date) as first_occurred_at, max(date) as last_occurred_at,
                max(date) as usual_last_occurred_at,
                0 as nonexistent_hour_count, 0 as doubled_hour_count, now()::timestamp as loaded_at
            from {table}
            """,
            {
                "report_id": sha256[:16],
                "file_name": path.name,
                "sha256": sha256,
                "bytes": path.stat().st_size,
                "header": list(report.header),
                "known": list(report.columns),
                "missing": report.missing,
            },
        )


def records_of(table: str, condition: str) -> str:
    """The records of a report in the form of raw.activities. The row ids of its table follow the file."""
    texts = ", ".join(column for column in ACTIVITY_REPORT.aliases if column != "date")
    return f"""
        select
            record_number, {texts}, cast(date as varchar) as date,
            cast(null as varchar) as extra_columns, date as occurred_at, cast(null as varchar) as time_flag
        from (select rowid + 1 as record_number, * from {table}) where {condition}
    """


def steps_of(nodes: Sequence[Mapping[str, Any]], marts: Collection[str] = ()) -> dict[str, Step]:
    """What the published tables need, or those that are named, and themselves, each by dbt's name of it."""
    published = {f'"{node["database"]}"."{node["schema"]}".' for node in nodes if is_published(node)}

    def in_floor(sql: str) -> str:
        for schema in published:
            sql = sql.replace(schema, f'"floor".{schema.partition(".")[2]}')
        return sql

    steps = {}
    for node in nodes:
        is_view = node["config"]["materialized"] in ("view", "ephemeral") and not is_published(node)
        kind = "view" if is_view else "table"
        relation = in_floor(f'"{node["database"]}"."{node["schema"]}"."{node["alias"]}"')
        query = seed_query(node) if node["resource_type"] == "seed" else in_floor(node["compiled_code"])
        steps[node["unique_id"]] = Step(
            statement=f"create {kind} {relation} as\n{query}",
            drop=None if is_published(node) and (not marts or node["alias"] in marts) else f"drop {kind} {relation}",
            is_view=is_view,
            needs=tuple(needed for needed in node["depends_on"].get("nodes", ()) if not needed.startswith("source.")),
        )
    wanted = {name for name, step in steps.items() if step.drop is None}
    open_ends = list(wanted)
    while open_ends:
        found = set(steps[open_ends.pop()].needs) - wanted
        wanted |= found
        open_ends += found
    return {name: step for name, step in steps.items() if name in wanted}


def is_published(node: Mapping[str, Any]) -> bool:
    """Whether a seed or model is among what the project publishes."""
    return node["schema"] in PUBLISHED_SCHEMAS


def seed_query(node: Mapping[str, Any]) -> str:
    """The rows of a seed with the types that its YAML declares."""
    path = PROJECT_ROOT / node["original_file_path"]
    types = node["config"]["column_types"]
    return f"from read_csv('{path}', header = true, delim = ',', quote = '\"', escape = '\"', types = {types})"


def run(connection: duckdb.DuckDBPyConnection, steps: Mapping[str, Step]) -> None:
    """Make all of it, two steps at once, and drop what was read for the last time: its blocks are used again."""
    readers = Counter(needed for step in steps.values() for needed in step.needs)

    def release(step: Step) -> None:
        for needed in step.needs:
            readers[needed] -= 1
            if not readers[needed] and (drop := steps[needed].drop):
                connection.execute(drop)
                # Of a view the tables beneath it were kept for its readers.
                if steps[needed].is_view:
                    release(steps[needed])

    def make(step: Step) -> None:
        with connection.cursor() as cursor:
            cursor.execute(step.statement)

    order = TopologicalSorter({name: step.needs for name, step in steps.items()})
    order.prepare()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(STEPS_AT_ONCE) as pool:
        while order.is_active():
            running |= {pool.submit(make, steps[name]): name for name in order.get_ready()}
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                future.result()
                name = running.pop(future)
                if not steps[name].is_view:
                    release(steps[name])
                order.done(name)


if __name__ == "__main__":
    main()
