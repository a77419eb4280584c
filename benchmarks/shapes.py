"""Measure the project by how its reports come: in one file, by day, each with all before it, and one day more.

Run with `make bench-shapes`. It asks what a record costs that was there already, and what a day costs that was not.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from measure import WORK, Figures, generate, machine, measured, project
from rules import PROJECT_ROOT

DAYS = 300
CUMULATIVE_DOWNLOADS = 30
# The day more is so much of what is there.
DAY_SHARE = 100

PAGE = """# What it costs, by how the reports come

Written by `make bench-shapes`: one run each of the whole process, `make build` once it is set up, from nothing.
The bars are those of the project; see [performance.md](performance.md) for where the time goes.

{machine}

A build of the sample, all set up and nothing new, takes {sample:.1f} s. Bar: 15 s.

## The same {records:,} records

| as | records told | MB | wall s | CPU s | peak MB | CPU, times that of reading the bytes once |
|---|--:|--:|--:|--:|--:|--:|
{shapes}

Reading is DuckDB's: every field of every file, on the same cores, and nothing kept. Bar: the downloads that each hold
all before them take at most 2 times that.

## One more day

| build | wall s | CPU s |
|---|--:|--:|
{days}

Bar: 5 % of the full build, beyond dbt's own cost. The build with the day takes {share:.0%} of the full one, for the
base is incremental and all marts are made anew, whatever came. From the build that finds nothing new it differs by
{more:.1f} s.
"""


def daily_reports(records: int, files: int, folder: Path) -> list[Path]:
    """Generated reports that follow one another in time, made once; the oldest first."""
    generate(records, files, folder)
    return sorted(folder.glob("*.csv"))


def joined(reports: Sequence[Path], target: Path) -> None:
    """One report with the records of several, which have the same header."""
    header = reports[0].read_bytes().partition(b"\n")[0] + b"\n"
    with target.open("wb") as file:
        file.write(header)
        for report in reports:
            content = report.read_bytes()
            if not content.startswith(header):
                raise ValueError(f"{report} has another header than {reports[0]}.")
            file.write(content[len(header) :])


def shapes_of(days: Sequence[Path], folder: Path) -> Iterator[tuple[str, Path]]:
    """The same records in one file, by day, and as downloads of which each holds all before it; made once."""
    cumulative, single = folder / "cumulative", folder / "single"
    if not single.exists():
        cumulative.mkdir(parents=True, exist_ok=True)
        step = len(days) // CUMULATIVE_DOWNLOADS
        for number in range(1, CUMULATIVE_DOWNLOADS + 1):
            joined(days[: number * step], cumulative / f"download_{number:02}.csv")
        single.mkdir()
        joined(days, single / "all.csv")
    yield "one file", single
    yield f"{len(days)} daily files", days[0].parent
    yield f"{CUMULATIVE_DOWNLOADS} downloads, each with all before it", cumulative


def reading(folder: Path) -> float:
    """Seconds of processor time that DuckDB takes to read every field of the files."""

    def taken() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    with next(folder.glob("*.csv")).open(encoding="utf-8") as file:
        columns = {name.strip(): "varchar" for name in file.readline().split(",")}
    # Its own look at each file, before it reads it, is no reading.
    form = "auto_detect = false, header = true, delim = ',', quote = '\"'"
    with duckdb.connect(config={"threads": 2}) as connection:
        started = taken()
        connection.execute(
            f"select count(columns(*)) from read_csv('{folder}/*.csv', {form}, columns = {columns})"
        ).fetchall()
        return taken() - started


def shape_rows(records: int, console: Console) -> Iterator[str]:
    """The lines of the page about the same records in several shapes."""
    folder = WORK / "shapes" / str(records)
    days = daily_reports(records, DAYS, folder / "daily")
    for name, reports in shapes_of(days, folder):
        contender = project(reports)
        figures = measured(contender)
        with duckdb.connect(str(contender.output / "activity.duckdb"), read_only=True) as connection:
            [(told,)] = connection.execute("select count(*) from raw.activities").fetchall()
        size = sum(path.stat().st_size for path in reports.glob("*.csv")) / 1e6
        times = figures.cpu / reading(reports)
        console.print(
            f"{name}: {told:,} records told, {figures.wall:.1f} s, {figures.cpu:.1f} s CPU, {times:.1f} times"
        )
        yield (
            f"| {name} | {told:,} | {size:,.0f} | {figures.wall:.1f} | {figures.cpu:.1f} | {figures.peak:,.0f} |"
            f" {times:.1f} |"
        )


def sample_seconds() -> float:
    """Seconds of wall clock that a build of the sample takes when all is set up: the median of three."""
    sample = project(PROJECT_ROOT / "sample" / "reports")
    measured(sample)
    return median(measured(sample, is_anew=False).wall for _ in range(3))


def day_figures(records: int, console: Console) -> dict[str, Figures]:
    """What it takes to build from nothing, again with nothing new, and again with one day more."""
    reports = daily_reports(records + records // DAY_SHARE, DAY_SHARE + 1, WORK / "day" / str(records))
    there = WORK / "day" / f"{records} there"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    for report in reports[:-1]:
        (there / report.name).hardlink_to(report)
    figures: dict[str, Figures] = {}
    for name in (f"{records:,} records, from nothing", "again, and nothing is new"):
        figures[name] = measured(project(there), is_anew=not figures)
        console.print(f"{name}: {figures[name].wall:.1f} s")
    (there / reports[-1].name).hardlink_to(reports[-1])
    name = f"again, with a day of {records // DAY_SHARE:,} records"
    figures[name] = measured(project(there), is_anew=False)
    console.print(f"{name}: {figures[name].wall:.1f} s")
    return figures


def main(
    records: Annotated[int, typer.Option(help="How many records come in several shapes.")] = 1_000_000,
    day_records: Annotated[int, typer.Option(help="How many records are there before the one day more.")] = 10_000_000,
    output: Annotated[Path | None, typer.Option(help="Page to write, such as docs/performance_shapes.md.")] = None,
) -> None:
    """Measure the project by how its reports come. Exit codes: 0 measured; 1 it failed."""
    console = Console(soft_wrap=True)
    started = time.monotonic()
    sample = sample_seconds()
    shapes = list(shape_rows(records, console))
    days = day_figures(day_records, console)
    full, idle, more = days.values()
    if output:
        output.write_text(
            PAGE.format(
                machine=machine(),
                records=records,
                sample=sample,
                shapes="\n".join(shapes),
                days="\n".join(f"| {name} | {taken.wall:.1f} | {taken.cpu:.1f} |" for name, taken in days.items()),
                more=more.wall - idle.wall,
                share=more.wall / full.wall,
            )
        )
    console.print(f"measured in {(time.monotonic() - started) / 60:.0f} minutes")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
