"""Readers of the published copy, each a process of its own, while one publication follows another.

A reader opens the copy, takes the print of every table, and closes it, again and again; every second one holds each
copy open until another has taken its place, and looks at it once more. Whatever it saw must be a publication that
there was, as a whole.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty

import duckdb

from faults.invariants import PUBLISHED, Prints, open_read_only, published_prints, table_prints
from faults.victims import copy_site
from simulation.generate import Order, write_reports

READERS = 4
# Between two readings, at random up to so long: readers that never rest would only slow the builds.
REST_SECONDS = 0.3
# A reader holds a copy open until another has taken its place, but not for ever.
HOLD_SECONDS = 120

# What the tables of one publication say of each other.
AGREES = """
select
    (select count(*) from marts.fct_activities) = (select sum(unique_count) from marts.report_reconciliation)
    and (select bool_and(is_reconciled) from marts.report_reconciliation)
    and not exists (
        select 1 from marts.fct_activities
        where report_id not in (select report_id from marts.report_reconciliation)
    )
"""


@dataclass
class Seen:
    """What one reader saw.

    Attributes:
        readings: how often it read the whole copy.
        swaps: how many copies it held open while another took their place.
        publications: the different copies that it read.
        faults: whatever it should not have seen.
    """

    readings: int = 0
    swaps: int = 0
    publications: list[Prints] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def _read(published: Path, number: int, ended: Event, seen_by_all: Queue[Seen]) -> None:
    rng = random.Random(number)
    seen = Seen()
    while not ended.is_set():
        try:
            _read_once(published, seen, ended, is_holding=number % 2 == 1)
        except duckdb.Error as error:
            seen.faults.append(f"reader {number}: {error}")
        time.sleep(rng.random() * REST_SECONDS)
    seen_by_all.put(seen)


def _read_once(published: Path, seen: Seen, ended: Event, *, is_holding: bool) -> None:
    file = published.stat().st_ino
    with open_read_only(published) as connection:
        prints = table_prints(connection, *PUBLISHED)
        if prints not in seen.publications:
            seen.publications.append(prints)
        if connection.execute(AGREES).fetchone() != (True,):
            seen.faults.append("the tables of a copy do not agree")
        until = time.monotonic() + HOLD_SECONDS
        while is_holding and published.stat().st_ino == file and time.monotonic() < until and not ended.wait(0.01):
            pass
        if is_holding and published.stat().st_ino != file:
            seen.swaps += 1
            if table_prints(connection, *PUBLISHED) != prints:
                seen.faults.append("a copy that was held open changed when another took its place")
    seen.readings += 1


@contextmanager
def reading(published: Path, seen: list[Seen], readers: int = READERS) -> Iterator[None]:
    """Let several processes read a published copy, and report afterwards what they saw."""
    context = multiprocessing.get_context("spawn")
    ended, seen_by_all = context.Event(), context.Queue()
    processes = [
        context.Process(target=_read, args=(published, number, ended, seen_by_all)) for number in range(readers)
    ]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        ended.set()
        for process in processes:
            try:
                seen.append(seen_by_all.get(timeout=60))
            except Empty:
                seen.append(Seen(faults=[f"reader {process.pid} died with {process.exitcode}"]))
        for process in processes:
            process.join()


def faults_of(seen: list[Seen], publications: list[Prints]) -> list[str]:
    """What the readers should not have seen: errors, mixtures, and tables that became empty or went away."""
    faults = [fault for one in seen for fault in one.faults]
    faults += [
        "a reader saw what was never published" for one in seen for it in one.publications if it not in publications
    ]
    faults += [f"a reader read only {one.readings} times" for one in seen if one.readings < 2]
    for before, after in pairwise(publications):
        if before == after:
            faults.append("two publications are alike, so that a mixture of them could not be seen")
        emptied = [name for name, (rows, _) in before.items() if rows and not after.get(name, (0, 0))[0]]
        faults += [f"{name} is empty in a later publication" for name in emptied]
    return faults


def read_through_builds(root: Path, builds: int, seed: int, say: Callable[[str], None]) -> tuple[list[Seen], list[str]]:
    """Build and publish so many times, each time with one more report, while readers read."""
    site = copy_site(root / "readers")
    aside, reports = root / "readers-reports", site.root / "reports"
    write_reports(Order(300 * (builds + 1), aside, seed, files=builds + 1, overlap=0.2))
    publications: list[Prints] = []
    seen: list[Seen] = []

    def build(path: Path) -> None:
        path.rename(reports / path.name)
        result = site.run("build_warehouse.py", "--reports", str(reports))
        if result.returncode:
            raise RuntimeError(f"a build fails: {result.stdout}{result.stderr}")
        publications.append(published_prints(site.published))

    first, *others = sorted(aside.glob("*.csv"))
    build(first)
    with reading(site.published, seen):
        for number, path in enumerate(others, 1):
            started = time.monotonic()
            build(path)
            say(f"readers: build {number} of {builds}, {time.monotonic() - started:.0f} s")
    return seen, faults_of(seen, publications)
