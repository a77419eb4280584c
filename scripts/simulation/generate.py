"""The sample, and as many records as wanted, of an invented platform whose truth is known."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO, NamedTuple

import duckdb

from simulation.editions import Editions
from simulation.exporter import (
    EXHIBITORS_HEADER,
    SCHEDULE_HEADER,
    Extracts,
    Losses,
    Series,
    exhibitor_rows,
    log_stay,
    put_in_file_order,
    schedule_rows,
    timestamp,
)
from simulation.habits import HABITS, SESSION_HABITS
from simulation.platform import Platform
from simulation.stage import DAY, Activity, Edition, Stay
from simulation.summit import downloads, harbour_learning_summit, users_report

SAMPLE_SEED = 20260512
SAMPLE_PACE = 0.33
SAMPLE_LOSSES = Losses(
    lost_left=0.3, reconnects=0.06, same_second=0.06, two_devices=0.05, left_but_watching=0.4, staff_hops=1.0
)
DEFAULT_LOSSES = Losses()
RECORDS_PER_PERSON = 60
TRUTH_HEADER = ("site", "user_id", "content_id", "session_name", "started_at", "ended_at")
TRUTH_QUERY = """
    copy (
        select
            user_id,
            content_id,
            session_name,
            started_at::timestamp as started_at,
            ended_at::timestamp as ended_at,
            site
        from read_csv(?, header = true, delim = ',', quote = '"', escape = '"', all_varchar = true)
    ) to '{path}' (format parquet)
"""


class Truth:
    """Collects true stays in a file beside the memory, and turns it into Parquet."""

    def __init__(self, path: Path) -> None:
        """Name the Parquet file to be written."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = tempfile.NamedTemporaryFile(  # noqa: SIM115
            "w", suffix=".csv", encoding="utf-8", newline="", dir=path.parent
        )
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(TRUTH_HEADER)

    def add(self, site: str, stays: list[Stay]) -> None:
        """Append true stays of a site."""
        self._writer.writerows(
            (
                site,
                stay.person.user_id,
                stay.content.content_id if stay.content else "",
                stay.session_name,
                timestamp(stay.started_at),
                timestamp(stay.ended_at),
            )
            for stay in stays
        )

    def close(self) -> None:
        """Write the Parquet file: one row per stay, times in UTC."""
        self._file.flush()
        target = str(self.path).replace("'", "''")
        duckdb.connect().execute(TRUTH_QUERY.format(path=target), [self._file.name])
        self._file.close()


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: how many records, in how many files, of how many sites; and what repeats them."""

    records: int
    output: Path
    seed: int = 1
    files: int = 1
    sites: int = 1
    losses: Losses = DEFAULT_LOSSES
    truth: Path | None = None
    schedule: Path | None = None
    exhibitors: Path | None = None
    overlap: float = 0.0
    repeats: int = 0
    content_pages: int = 0
    user_histories: int = 0


def write_sample(output: Path) -> list[Path]:
    """Write the sample's downloads into a folder; always the same bytes."""
    rng = Random(SAMPLE_SEED)
    edition = harbour_learning_summit(rng)
    platform = Platform(rng, edition, staff_hops=SAMPLE_LOSSES.staff_hops, pace=SAMPLE_PACE)
    activities: list[Activity] = []
    stays: list[Stay] = []
    for person in edition.people:
        history = platform.live(person)
        activities += history.activities
        stays += history.stays
    activities += _every_habit_once(platform, edition, stays)
    for stay in stays:
        activities += log_stay(rng, SAMPLE_LOSSES, stay)
    put_in_file_order(rng, SAMPLE_LOSSES.out_of_order, activities)
    output.mkdir(parents=True, exist_ok=True)
    paths = [download.write(output, activities) for download in downloads(edition)]
    file_name, users = users_report(edition, activities)
    write_rows(output / file_name, users)
    return [*paths, output / file_name]


class Played(NamedTuple):
    """An edition whose records have been written: its true stays, and how many distinct records there are."""

    edition: Edition
    stays: list[Stay]
    records: int


def write_reports(order: Order, on_progress: Callable[[int], None] = lambda _: None) -> int:
    """Write the reports, and truth, schedule and exhibitors if wanted; return how many records all files hold.

    Memory holds one edition (up to 2,000 people) and the records that the next file repeats.
    """
    truth = Truth(order.truth) if order.truth else None
    schedule: list[tuple[str, ...]] = [SCHEDULE_HEADER]
    exhibitors: list[tuple[str, ...]] = [EXHIBITORS_HEADER]
    rng = Random(order.seed)
    written = 0
    for site in range(order.sites):
        name = f"site_{site + 1}"
        folder = order.output / name if order.sites > 1 else order.output
        folder.mkdir(parents=True, exist_ok=True)
        per_file = -(-order.records // order.sites // order.files)
        series = Series(folder, per_file, order.files, overlap=order.overlap, repeats=order.repeats)
        extracts = Extracts(folder, order.files, order.content_pages, order.user_histories)
        records = order.records // order.sites + (site < order.records % order.sites)
        for played in _write_site(rng, order.losses, series, extracts, records):
            schedule += schedule_rows(name, played.edition)
            exhibitors += exhibitor_rows(name, played.edition)
            if truth:
                truth.add(name, played.stays)
            on_progress(played.records)
        written += series.written + extracts.written
    if truth:
        truth.close()
    if order.schedule:
        write_rows(order.schedule, schedule)
    if order.exhibitors:
        write_rows(order.exhibitors, exhibitors)
    return written


def write_rows(path: Path, rows: list[tuple[str, ...]]) -> None:
    """Write rows, the header first, as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _write_site(rng: Random, losses: Losses, series: Series, extracts: Extracts, records: int) -> Iterator[Played]:
    """Write one site's files, edition by edition."""
    editions = Editions(rng, losses)
    left = records
    while left > 0:
        edition = editions.next_edition(max(12, left // RECORDS_PER_PERSON), series.download)
        activities, stays = _play(rng, losses, edition, left)
        put_in_file_order(rng, losses.out_of_order, activities)
        series.write(activities)
        extracts.write(activities)
        left -= len(activities)
        yield Played(edition, stays, len(activities))
    series.close()
    extracts.close()


def _play(rng: Random, losses: Losses, edition: Edition, budget: int) -> tuple[list[Activity], list[Stay]]:
    """Play an edition until it ends or its log has as many records as the budget allows."""
    platform = Platform(rng, edition, staff_hops=losses.staff_hops)
    activities: list[Activity] = []
    stays: list[Stay] = []
    for person in edition.people:
        history = platform.live(person)
        logged = history.activities
        for stay in history.stays:
            logged += log_stay(rng, losses, stay)
        if len(activities) + len(logged) > budget:
            activities += _browse(rng, platform, budget - len(activities))
            break
        activities += logged
        stays += history.stays
    return activities, stays


def _browse(rng: Random, platform: Platform, count: int) -> list[Activity]:
    activities: list[Activity] = []
    while len(activities) < count:
        activities += platform.browse(rng.choice(platform.edition.people))
    return activities[:count]


def _every_habit_once(platform: Platform, edition: Edition, stays: list[Stay]) -> list[Activity]:
    """Let some person play each habit, so that the sample shows every activity."""
    activities: list[Activity] = []
    for number, habit in enumerate(HABITS):
        person = edition.people[number * 7 % len(edition.people)]
        activities += platform.idle(person, habit, edition.first_start - DAY)
    for number, habit in enumerate(SESSION_HABITS):
        activities += platform.speak(stays[number * 7 % len(stays)], habit)
    return activities
