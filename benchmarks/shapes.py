"""Measure the project by how its reports come: in one file, by day, each with all before it, and one day more.

Run with `make bench-shapes`. It asks what a record costs that was there already, and what a day costs that was not.
"""

from __future__ import annotations

import csv
import resource
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
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
DAILY_DOWNLOADS = 21
# One in so many people or pages is renamed between two downloads.
PEOPLE_PER_RENAME, PAGES_PER_RENAME = 100, 20
LAST_NAME, EMAIL, LABEL, CONTENT_ID, CONTENT_NAME, CONTENT_SLUG = 2, 4, 7, 9, 10, 11
# CPU, peak memory and size of the last daily build, times those of one file with the same records.
BARS = {"each with all before it": (1.1, 1.2, 1.5), "the same, with renames": (1.2, 1.3, 2.0)}

PAGE = """# Costs by how the reports come

Written by `make bench-shapes`: one run each of the whole process, `make build` once it is set up, from nothing.
The bars are those of the project; see [performance.md](performance.md) for where the time goes.

{machine}

A build of the sample, all set up and nothing new, takes {sample:.1f} s. Bar: 15 s.

## The same {records:,} records

| as | records held | MB | wall s | CPU s | peak MB | warehouse MB | CPU, times that of reading the bytes once |
|---|--:|--:|--:|--:|--:|--:|--:|
{shapes}

Reading is DuckDB's: every field of every file, on the same cores, and nothing kept. Bar: the downloads that each hold
all before them take at most 10 times that. Bar for the size of the warehouse: 45 % of
the CSV, of 10 million records in one file.

## A download each day, which holds all before it

{downloads} downloads, {daily_records:,} records in the last. The figures are those of the build with the last one, and
in brackets how many times those of one file with the same records they are. {first_build}
Between two downloads 1 % of the people get another last name and e-mail, and 5 % of the pages another name and slug. A
label that is the name of the page is renamed with it.

| as | records held | CPU s | peak MB | warehouse MB | bars |
|---|--:|--:|--:|--:|---|
{daily}

## One more day

| build | wall s | CPU s |
|---|--:|--:|
{days}

Bar: 5 % of the full build, beyond dbt's own cost. The build with the day takes {share:.0%} of the full one. The base is
incremental, and all marts are rebuilt, whatever came. From the build that finds nothing new it differs by {more:.1f} s.
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
    """The same records in one file, by day, and as downloads that each hold all before them; made once."""
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


def renamed(daily: Sequence[Path], target: Path) -> None:
    """Downloads that each hold all before them, with people and pages renamed between any two; made once."""
    if target.exists():
        return
    making = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    random = Random(1)
    records: list[list[str]] = []
    people: dict[str, str] = {}
    pages: dict[str, str] = {}
    for number, day in enumerate(daily, start=1):
        if number > 1:
            known = sorted({record[0] for record in records})
            people |= dict.fromkeys(random.sample(known, len(known) // PEOPLE_PER_RENAME), str(number))
            there = sorted({record[CONTENT_ID] for record in records} - {""})
            pages |= dict.fromkeys(random.sample(there, len(there) // PAGES_PER_RENAME), str(number))
        with day.open(newline="", encoding="utf-8") as file:
            header, *new = csv.reader(file)
        records += new
        with (making / f"download_{number:02}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(_renamed_record(record, people, pages) for record in records)
    making.rename(target)


def _renamed_record(record: list[str], people: Mapping[str, str], pages: Mapping[str, str]) -> list[str]:
    renamed = list(record)
    if number := people.get(record[0]):
        renamed[LAST_NAME] += number
        renamed[EMAIL] = number + record[EMAIL]
    if number := pages.get(record[CONTENT_ID]):
        renamed[CONTENT_NAME] += f" {number}"
        renamed[CONTENT_SLUG] += f"_{number}"
        if record[LABEL] == record[CONTENT_NAME]:
            renamed[LABEL] = renamed[CONTENT_NAME]
    return renamed


def daily_rows(records: int, first_build: int, console: Console) -> Iterator[str]:
    """The lines of the page about downloads that hold all before them, built day by day."""
    folder = WORK / "downloads" / str(records)
    days = daily_reports(records, DAILY_DOWNLOADS, folder / "daily")
    single, cumulative = folder / "single", folder / "cumulative"
    if not single.exists():
        cumulative.mkdir(parents=True, exist_ok=True)
        for number in range(1, len(days) + 1):
            joined(days[:number], cumulative / f"download_{number:02}.csv")
        single.mkdir()
        joined(days, single / "all.csv")
    renamed(days, folder / "renamed")
    whole = None
    for name, reports in (
        ("one file", [single / "all.csv"]),
        ("each with all before it", sorted(cumulative.glob("*.csv"))),
        ("the same, with renames", sorted((folder / "renamed").glob("*.csv"))),
    ):
        there = folder / "there"
        shutil.rmtree(there, ignore_errors=True)
        there.mkdir()
        for number, report in enumerate(reports, start=1):
            (there / report.name).hardlink_to(report)
            if number >= min(first_build, len(reports)):
                contender = project(there)
                taken = measured(contender, is_anew=number == min(first_build, len(reports)))
        warehouse = contender.output / "activity.duckdb"
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            [(held,)] = connection.execute("select count(*) from raw.activities").fetchall()
        figures = (taken.cpu, taken.peak, warehouse.stat().st_size / 1e6)
        whole = whole or figures
        times = [f"{figure:,.1f} ({figure / of_one:.2f})" for figure, of_one in zip(figures, whole, strict=True)]
        bars = " / ".join(map(str, BARS[name])) if name in BARS else "–"
        console.print(f"{name}: {held:,} records held, {' / '.join(times)}")
        yield f"| {name} | {held:,} | {' | '.join(times)} | {bars} |"


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
            [(held,)] = connection.execute("select count(*) from raw.activities").fetchall()
        size = sum(path.stat().st_size for path in reports.glob("*.csv")) / 1e6
        warehouse = (contender.output / "activity.duckdb").stat().st_size / 1e6
        times = figures.cpu / reading(reports)
        console.print(
            f"{name}: {held:,} records held, {figures.wall:.1f} s, {figures.cpu:.1f} s CPU, {times:.1f} times"
        )
        yield (
            f"| {name} | {held:,} | {size:,.0f} | {figures.wall:.1f} | {figures.cpu:.1f} | {figures.peak:,.0f} |"
            f" {warehouse:,.0f} | {times:.1f} |"
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
    daily_records: Annotated[
        int, typer.Option(help="How many records the last of the daily downloads holds.")
    ] = 212_000,
    first_build: Annotated[
        int, typer.Option(min=1, max=DAILY_DOWNLOADS, help="How many daily downloads the first build loads.")
    ] = 1,
    output: Annotated[
        Path | None, typer.Option(help="Page to write, such as docs/reference/performance_shapes.md.")
    ] = None,
) -> None:
    """Measure the project by how its reports come. Exit codes: 0 measured; 1 it failed."""
    console = Console(soft_wrap=True)
    started = time.monotonic()
    sample = sample_seconds()
    daily = list(daily_rows(daily_records, first_build, console))
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
                downloads=DAILY_DOWNLOADS,
                daily_records=daily_records,
                daily="\n".join(daily),
                first_build="Each download is a build of its own."
                if first_build == 1
                else f"The first build loads {first_build} downloads, and each later one is a build of its own.",
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
