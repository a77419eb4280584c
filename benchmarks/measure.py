"""Measure the project beside what an analyst would write, on the same files in the same run: `make bench`.

Each contender is a process of its own and makes everything from the CSV files. They take turns, so that whatever else
the machine does meets all of them; medians are compared. Before any figure is shown, each result is compared with that
of the project, value by value: every table of the floor, and the three marts that each of the others makes.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from rules import MARTS, PROJECT_ROOT

WORK = PROJECT_ROOT / "target" / "bench"
SCORE_TOLERANCE = 1e-6

# By what a row of each mart that the contenders make is found.
KEYS = {
    "fct_session_attendance": ("user_key", "session_key"),
    "fct_user_engagement": ("user_key",),
    "fct_leaderboard": ("contest_id", "user_key"),
}

THREE_MARTS = "the same three marts"

# What the floor and the project may have otherwise: when each of them landed a report.
COLUMNS_OF_THE_RUN = ("loaded_at",)

# The layers of dbt's nodes on the page, by how the names of their models begin, and by the kind of all others.
LAYERS = {
    "seed": "seeds",
    "base": "staging, the tables",
    "stg": "staging, the views",
    "int": "intermediate",
    "model": "marts",
    "test": "tests",
}

SLOW_MILLISECONDS = 200
SLOWEST_SHOWN = 5

PAGE = """# How fast it is

Written by `make bench`. Each figure is the median over {runs} of a whole process, from the CSV files to the finished
marts. The contenders took turns on the same files, and what they make was compared value by value first: it is equal.

{machine}

- **this project** is what `make build` does once it is set up. It lands every record word for word, makes all marts
  with their tests, publishes them, and writes the page.
- **the floor** makes all the same tables from the same SQL, without dbt, the checks of the landing, the tests and the
  copy that is published: [floor.py](../../benchmarks/floor.py). The bar: this project takes at most 1.25 times
  as long at ten million records, and 1.4 times at one million.
- **the same three marts** is the floor of what pandas and polars make: only the models that these three need.
- **pandas** and **polars** make three of the marts (attendance per person and session, engagement per person,
  standings), keep nothing else, and test nothing: [with_pandas.py](../../benchmarks/with_pandas.py),
  [with_polars.py](../../benchmarks/with_polars.py).

| records | contender | wall s | CPU s | peak MB | written MB | wall, times this project's |
|--:|---|--:|--:|--:|--:|--:|
{figures}

{floors}

![Processor time against records, both in powers of ten](performance.svg)

## Where the time of this project goes

| records | landing s | building and testing s | publishing s | page s | warehouse, of CSV | published copy, of CSV |
|--:|--:|--:|--:|--:|--:|--:|
{steps}

The times of dbt's nodes, by dbt. Two run at once, so that their seconds overlap and add up to more than the build.

| records | layer | nodes | s |
|--:|---|--:|--:|
{layers}

## How fast it answers

The queries of the README and of [analyses/](../../analyses/README.md), asked of the published copy: the best of three,
and beside it the first one with opening the file. Those that find nothing name people and pages of the sample.

{answers}

The slowest:

| records | query | best, ms | first, ms |
|--:|---|--:|--:|
{queries}

{notes}
"""
# The part of the page that is written by hand begins here, and stays.
NOTES = "## What was found"


@dataclass(frozen=True)
class Figures:
    """What one process took: seconds of wall clock and of processor, megabytes of memory at its peak and written."""

    wall: float
    cpu: float
    peak: float
    written: float


@dataclass(frozen=True)
class Contender:
    """One way from the CSV files to the marts.

    Attributes:
        differences: counts the rows of each table that are not those of the published copy, by the two places.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    output: Path
    differences: Callable[[Path, Path], dict[str, int]]


@dataclass(frozen=True)
class Answer:
    """How many rows a query found, and in how many milliseconds: the first time with opening the file, and the best."""

    query: str
    rows: int
    first: float
    best: float


def project(reports: Path) -> Contender:
    """The project, as `make build` runs it."""
    output = WORK / "output" / "project"
    paths = {"WAREHOUSE_PATH": f"{output}/activity.duckdb", "PUBLISHED_PATH": f"{output}/published.duckdb"}
    build = (sys.executable, "scripts/build_warehouse.py", "--reports", str(reports))
    return Contender("this project", build, paths, output, table_differences)


def contenders(reports: Path) -> list[Contender]:
    """The project, its floor, and the two that an analyst would write, each with a folder of its own."""
    folder = WORK / "output"
    salt_file = str(folder / "project" / "meeting_salt")
    floor = (sys.executable, "benchmarks/floor.py", str(reports), str(folder / "floor"), salt_file)
    found = [
        project(reports),
        Contender("the floor", floor, {"PYTHONPATH": "scripts"}, folder / "floor", table_differences),
        three_marts(reports, salt_file),
    ]
    for library in ("pandas", "polars"):
        output = folder / library
        command = (sys.executable, f"benchmarks/with_{library}.py", str(reports), str(output), salt_file)
        found.append(Contender(library, command, {}, output, differences))
    return found


def three_marts(reports: Path, salt_file: str) -> Contender:
    """The floor of the marts that pandas and polars make."""
    output = WORK / "output" / "three_marts"
    command = (sys.executable, "benchmarks/floor.py", str(reports), str(output), salt_file, *KEYS)
    only = partial(table_differences, only=[f'marts."{mart}"' for mart in KEYS])
    return Contender(THREE_MARTS, command, {"PYTHONPATH": "scripts"}, output, only)


def measured(contender: Contender, is_anew: bool = True) -> Figures:
    """Run a contender, by default from nothing.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    if is_anew:
        shutil.rmtree(contender.output, ignore_errors=True)
        contender.output.mkdir(parents=True)
    log = contender.output / "output.txt"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            contender.command,
            cwd=PROJECT_ROOT,
            env={**os.environ, **contender.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{contender.name} ended with {process.returncode}:\n{log.read_text()[-4000:]}")
    # Linux counts memory in kilobytes and what is written in blocks of 512 bytes.
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, usage.ru_oublock * 512 / 1e6)


def differences(published: Path, output: Path) -> dict[str, int]:
    """How many rows of each mart a contender's Parquet files have otherwise than the project's published copy."""
    found = {}
    with duckdb.connect(str(published), read_only=True) as connection:
        for mart, keys in KEYS.items():
            unlike = " or ".join(
                f"(abs(ours.{column} - theirs.{column}) < {SCORE_TOLERANCE}) is not true"
                if column.endswith("_score")
                else f"ours.{column} is distinct from theirs.{column}"
                for column in MARTS[mart]
                if column not in keys
            )
            row = connection.execute(
                f"""
                select count(*)
                from (select *, true as is_there from marts.{mart}) as ours
                full outer join (select *, true as is_there from read_parquet(?)) as theirs using ({", ".join(keys)})
                where ours.is_there is null or theirs.is_there is null or {unlike}
                """,
                [str(output / f"{mart}.parquet")],
            ).fetchone()
            found[mart] = row[0] if row else 0
    return found


def table_differences(published: Path, output: Path, only: Container[str] | None = None) -> dict[str, int]:
    """How many rows of each table the floor's file or the project's published copy has and the other has not.

    Args:
        published: the published copy.
        output: the folder with the floor's file.
        only: the tables to compare, as schema."table"; all if None.
    """
    found = {}
    with duckdb.connect() as connection:
        for name, path in (("ours", published), ("theirs", output / "floor.duckdb")):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        ours, theirs = columns_of(connection, "ours"), columns_of(connection, "theirs")
        for table in sorted(ours.keys() | theirs.keys()):
            if only is not None and table not in only:
                continue
            if ours.get(table) != theirs.get(table):
                owners = [name for name, tables in (("ours", ours), ("theirs", theirs)) if table in tables]
                rows = sum(counted(connection, f"from {name}.{table}") for name in owners)
                # A table of another form counts though it holds nothing.
                found[table] = max(rows, 1)
                continue
            columns = ", ".join(f'"{column}"' for column, _ in ours[table] if column not in COLUMNS_OF_THE_RUN)
            sides = [f"(select {columns} from {name}.{table})" for name in ("ours", "theirs")]
            # Equal sums of hashes spare most tables the comparison row by row.
            sums = [
                connection.execute(f"select count(*), sum(hash(side)::hugeint) from {side} as side").fetchone()
                for side in sides
            ]
            if sums[0] == sums[1]:
                found[table] = 0
            else:
                found[table] = sum(
                    counted(connection, f"from ({one} except all {other})") for one, other in (sides, sides[::-1])
                )
    return found


def columns_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    """The columns of each table of a database, with their types."""
    tables: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for schema, table, column, data_type in connection.execute(
        """
        select schema_name, table_name, column_name, data_type from duckdb_columns()
        where database_name = ? and not internal and schema_name <> 'main'
        order by schema_name, table_name, column_index
        """,
        [database],
    ).fetchall():
        tables[f'{schema}."{table}"'].append((column, data_type))
    return dict(tables)


def counted(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """How many rows there are."""
    row = connection.execute(f"select count(*) {rows}").fetchone()
    return int(row[0]) if row else 0


def reports_of(records: int) -> Path:
    """A folder with so many generated records, made once; a million records a file, as downloads are."""
    folder = WORK / "reports" / str(records)
    generate(records, max(1, records // 1_000_000), folder)
    return folder


def generate(records: int, files: int, folder: Path) -> None:
    """Generate reports that follow one another in time, unless the folder is there already."""
    if not folder.exists():
        making = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(making, ignore_errors=True)
        command = (sys.executable, "scripts/generate_reports.py", "generate", "--records", str(records))
        subprocess.run([*command, "--files", str(files), "--output", str(making)], cwd=PROJECT_ROOT, check=True)
        making.rename(folder)


def take_turns(entrants: Sequence[Contender], runs: int, console: Console) -> dict[str, list[Figures]]:
    """Run each contender in turn, so many times.

    Raises:
        RuntimeError: one failed, or made other marts than the project.
    """
    taken: dict[str, list[Figures]] = defaultdict(list)
    project = entrants[0]
    for run in range(runs):
        for contender in entrants:
            figures = measured(contender)
            taken[contender.name].append(figures)
            console.print(f"{contender.name}: {figures.wall:.1f} s, {figures.cpu:.1f} s CPU, {figures.peak:,.0f} MB")
            if run == 0 and contender is not project:
                unlike = {
                    mart: count
                    for mart, count in contender.differences(
                        project.output / "published.duckdb", contender.output
                    ).items()
                    if count
                }
                if unlike:
                    raise RuntimeError(f"{contender.name} makes other marts than the project: {unlike} rows differ")
    return taken


def medians(taken: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    columns = zip(*((one.wall, one.cpu, one.peak, one.written) for one in taken), strict=True)
    return Figures(*map(statistics.median, columns))


def paired_ratio(runs: Sequence[Figures], others: Sequence[Figures]) -> float:
    """How many times as long runs take as those that they were paired with: the median of the pairs."""
    return statistics.median(one.wall / other.wall for one, other in zip(runs, others, strict=True))


def figure_rows(records: int, taken: Mapping[str, Sequence[Figures]]) -> Iterator[str]:
    """The lines of the page about one number of records. Ratios are medians of the paired runs, not of the medians."""
    ours = next(iter(taken.values()))
    for name, runs in taken.items():
        ratio = paired_ratio(runs, ours)
        figures = medians(runs)
        yield (
            f"| {records:,} | {name} | {figures.wall:.1f} | {figures.cpu:.1f} | {figures.peak:,.0f} |"
            f" {figures.written:,.0f} | {ratio:.2f} |"
        )


def step_row(records: int, reports: Path, output: Path) -> str:
    """The line of the page about the steps of the project's last run, by what it says itself."""
    said = (output / "output.txt").read_text()
    seconds = re.findall(r"(?:landing|building and testing|publishing|writing the page) ([0-9.]+) s", said)
    csv = sum(path.stat().st_size for path in reports.glob("*.csv"))
    shares = [(output / f"{name}.duckdb").stat().st_size / csv for name in ("activity", "published")]
    return f"| {records:,} | {' | '.join(seconds[-4:])} | {' | '.join(f'{share:.0%}' for share in shares)} |"


def floor_line(records: int, taken: Mapping[str, Sequence[Figures]]) -> str:
    """What the project takes more than its floor, as the median of the paired runs."""
    ratio = paired_ratio(taken["this project"], taken["the floor"])
    return f"- For {records:,} records this project takes {ratio:.2f} times as long as its floor."


def three_marts_line(records: int, taken: Mapping[str, Sequence[Figures]]) -> str:
    """What the same three marts take more than with each library, as the medians of the paired runs."""
    pandas, polars = (paired_ratio(taken[THREE_MARTS], taken[library]) for library in ("pandas", "polars"))
    return (
        f"- For {records:,} records our SQL takes {polars:.2f} times as long as polars for the same three marts, and"
        f" {pandas:.2f} times as long as pandas."
    )


def layer_rows(records: int, run_results: Path) -> Iterator[str]:
    """The lines of the page about the nodes of dbt's last run, by layer."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for node in json.loads(run_results.read_text(encoding="utf-8"))["results"]:
        kind, _, name = node["unique_id"].split(".")[:3]
        layer = LAYERS.get(name.split("_")[0]) if kind == "model" else None
        layer = layer or LAYERS.get(kind)
        # The rest are hooks, exposures and saved queries, which take no time.
        if layer:
            seconds[layer].append(node["execution_time"])
    for layer in LAYERS.values():
        yield f"| {records:,} | {layer} | {len(seconds[layer])} | {sum(seconds[layer]):.1f} |"


def queries() -> dict[str, str]:
    """The queries of the README and of analyses/, by their names on the page."""
    shown = re.findall(r"```sql\n(.+?)```", (PROJECT_ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    found = {f"README, query {number}": sql for number, sql in enumerate(shown, start=1)}
    for path in sorted((PROJECT_ROOT / "analyses").glob("*.sql")):
        found[path.stem] = path.read_text(encoding="utf-8")
    return found


def ask(published: Path, sqls: Mapping[str, str]) -> list[Answer]:
    """Run each query on a connection of its own, four times, the slowest first."""
    answers = []
    for name, sql in sqls.items():
        times, rows = [], 0
        started = time.monotonic()
        with duckdb.connect(str(published), read_only=True) as connection:
            for _ in range(4):
                rows = len(connection.execute(sql).fetchall())
                times.append((time.monotonic() - started) * 1000)
                started = time.monotonic()
        answers.append(Answer(name, rows, times[0], min(times[1:])))
    return sorted(answers, key=lambda answer: answer.best, reverse=True)


def answers_line(records: int, answers: Sequence[Answer]) -> str:
    """How many queries take long."""
    slow, slow_first = (
        sum(taken > SLOW_MILLISECONDS for taken in times)
        for times in ([answer.best for answer in answers], [answer.first for answer in answers])
    )
    return (
        f"- Of {records:,} records {slow} of the {len(answers)} queries take over {SLOW_MILLISECONDS} ms,"
        f" and {slow_first} the first time; {sum(not answer.rows for answer in answers)} find nothing."
    )


def query_rows(records: int, answers: Sequence[Answer]) -> Iterator[str]:
    """The lines of the page about the slowest queries."""
    for answer in answers[:SLOWEST_SHOWN]:
        yield f"| {records:,} | {answer.query} | {answer.best:.0f} | {answer.first:.0f} |"


def machine() -> str:
    """The machine and the versions, in one line."""
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "pandas", "polars"))
    return (
        f"{os.cpu_count()} cores of {cpu[1] if cpu else platform.processor()}, {pages * size / 2**30:.0f} GB of memory,"
        f" {platform.system()}; Python {platform.python_version()}, {packages}."
    )


def main(
    records: Annotated[list[int] | None, typer.Option(help="How many records; may be repeated.")] = None,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each contender.")] = 3,
    output: Annotated[Path | None, typer.Option(help="Page to write, such as docs/reference/performance.md.")] = None,
) -> None:
    """Measure the project beside its floor, pandas and polars. Exit codes: 0 measured; 1 one failed or differs."""
    console = Console(soft_wrap=True)
    figures: list[str] = []
    floors: list[str] = []
    steps: list[str] = []
    layers: list[str] = []
    answers: list[str] = []
    slowest: list[str] = []
    seconds: dict[str, dict[int, float]] = defaultdict(dict)
    for count in records or [100_000, 1_000_000]:
        reports = reports_of(count)
        entrants = contenders(reports)
        own = entrants[0]
        try:
            # A run that is not counted, for dbt's files: the floor reads the manifest, this page the nodes.
            measured(replace(own, environment={**own.environment, "DBT_WRITE_JSON": "true"}))
            taken = take_turns(entrants, runs, console)
        except RuntimeError as error:
            console.print(str(error), style="red", markup=False)
            raise typer.Exit(1) from error
        figures += figure_rows(count, taken)
        for name, contended in taken.items():
            seconds[name][count] = medians(contended).cpu
        floors += [floor_line(count, taken), three_marts_line(count, taken)]
        steps.append(step_row(count, reports, own.output))
        layers += layer_rows(count, PROJECT_ROOT / "target" / "run_results.json")
        asked = ask(own.output / "published.duckdb", queries())
        answers.append(answers_line(count, asked))
        slowest += query_rows(count, asked)
    table = Table("records", "contender", "wall s", "CPU s", "peak MB", "written MB", "against this project")
    for line in figures:
        table.add_row(*line.strip("| ").split(" | "))
    console.print(table)
    if output:
        # Not at the top: the tests import this module, and matplotlib is there for `make bench` only.
        from plot import draw

        draw(seconds, output.with_suffix(".svg"))
        before = output.read_text() if output.exists() else NOTES
        output.write_text(
            PAGE.format(
                runs="1 run" if runs == 1 else f"{runs} runs",
                machine=machine(),
                figures="\n".join(figures),
                floors="\n".join(floors),
                steps="\n".join(steps),
                layers="\n".join(layers),
                answers="\n".join(answers),
                queries="\n".join(slowest),
                notes=before[before.index(NOTES) :].rstrip(),
            )
        )


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
