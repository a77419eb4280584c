"""Kill the loader, the build and the publishing at random moments, and check what they leave behind.

A round starts from a saved warehouse, kills its victim several times in a row, each time checks what must hold of
whatever is there, then lets the command run to its end and compares all with an undisturbed run.
"""

from __future__ import annotations

import gzip
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from faults.invariants import (
    Prints,
    ReportPrints,
    count_records,
    landed_reports,
    leftovers,
    published_prints,
    raw_faults,
    report_prints,
)
from faults.victims import Site, copy_site, moments
from simulation.generate import Order, write_reports
from warehouse.paths import marts_path

WAREHOUSE_NAME = "activity.duckdb"
PUBLISHED_NAME = "published.duckdb"
# What is in the folder of the warehouse after a command that ended.
BUILT = {WAREHOUSE_NAME, marts_path(Path(WAREHOUSE_NAME)).name, f"{WAREHOUSE_NAME}.built", PUBLISHED_NAME, "report"}
# Reports of the sample: the first two are there before the kills begin.
EARLIER = 2
ATTEMPTS = 5


@dataclass
class Tally:
    """What was seen of one victim.

    Attributes:
        phase: what was killed.
        kills: how many processes died of it.
        opened: after how many of them the warehouse opened.
        whole: after how many of them everything in it was whole.
        rounds: how many commands ran to their end afterwards.
        completed: how many of these left what an undisturbed run leaves, and nothing beside it.
        signs: what lay about after how many kills.
        shares: the moments of the kills, as shares of an undisturbed run.
        faults: whatever did not hold.
    """

    phase: str
    kills: int = 0
    opened: int = 0
    whole: int = 0
    rounds: int = 0
    completed: int = 0
    signs: dict[str, int] = field(default_factory=dict)
    shares: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def spread(self) -> str:
        """How the kills spread over the life of the process."""
        tenths = [0] * 10
        for share in self.shares:
            tenths[min(9, int(share * 10))] += 1
        return f"kills in each tenth of its life: {' '.join(map(str, tenths))}"

    def note(self, fault: str) -> None:
        """Keep what did not hold, with the kill after which it was found."""
        self.faults.append(f"{self.phase}, after kill {self.kills}: {fault}")


@dataclass(frozen=True)
class Expected:
    """What an undisturbed run leaves.

    Attributes:
        counts: how many records each report holds.
        reports: the print of each report.
        publications: the published copies that there may be; none at all only where there was none before.
        final: the published copy at the end; None for none.
    """

    counts: dict[str, int]
    reports: ReportPrints
    publications: tuple[Prints, ...]
    final: Prints | None


@dataclass(frozen=True)
class Victim:
    """A command to be killed.

    Attributes:
        phase: its name in the table.
        site: where it runs.
        script: the script.
        arguments: its arguments.
        saved: warehouses to start from, as folders.
        signs: files whose appearance is an interesting moment.
        kills_a_round: so many kills before the command may run to its end.
        expected: what an undisturbed run leaves.
        codes: exit codes of a run that completes the work.
    """

    phase: str
    site: Site
    script: str
    arguments: tuple[str, ...]
    saved: tuple[Path, ...]
    signs: tuple[str, ...]
    kills_a_round: int
    expected: Expected
    codes: tuple[int, ...] = (0,)


def haunt(
    victim: Victim,
    kills: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
    duration: float | None = None,
) -> Tally:
    """Kill a command so many times.

    Args:
        victim: the command.
        kills: how many times.
        seed: the same seed, the same moments.
        say: called with a line for every kill.
        duration: how long a run without a kill takes, in seconds; None to measure it.
    """
    rng = random.Random(f"{seed} {victim.phase}")
    tally = Tally(victim.phase)
    victim.site.restore(victim.saved[0])
    durations = [duration or _complete(victim, tally)]
    say(f"{victim.phase}: {durations[0]:.1f} s without a kill")
    when = moments(rng, kills, victim.signs)
    attempts = 0
    while tally.kills < kills and attempts < ATTEMPTS * kills:
        saved = rng.choice(victim.saved)
        victim.site.restore(saved)
        was_published = (saved / PUBLISHED_NAME).exists()
        for _ in range(min(victim.kills_a_round, kills - tally.kills)):
            attempts += 1
            moment = next(when).scaled(statistics.median(durations[-5:]))
            lived = victim.site.kill(moment, victim.script, *victim.arguments)
            if lived is None:
                continue
            tally.kills += 1
            tally.shares.append(lived / statistics.median(durations[-5:]))
            signs = victim.site.signs()
            for sign in signs:
                tally.signs[sign] = tally.signs.get(sign, 0) + 1
            faults = _faults(victim, tally, was_published=was_published)
            say(
                f"{victim.phase}: kill {tally.kills} {moment}, left {', '.join(sorted(signs)) or 'nothing'}:"
                f" {'; '.join(faults) or 'whole'}"
            )
        durations.append(_complete(victim, tally))
    if tally.kills < kills:
        tally.note(f"only {tally.kills} of {kills} kills in {attempts} attempts")
    return tally


def _faults(victim: Victim, tally: Tally, *, was_published: bool) -> list[str]:
    """Check what must hold after a kill."""
    faults = []
    site = victim.site
    # A loader that dies before it has opened the warehouse leaves none.
    try:
        if site.warehouse.exists():
            with duckdb.connect(str(site.warehouse)) as connection:
                tally.opened += 1
                faults += raw_faults(connection, victim.expected.counts, victim.expected.reports)
        else:
            tally.opened += 1
    except duckdb.Error as error:
        faults.append(f"the warehouse: {error}")
    may_be: list[Prints | None] = [*victim.expected.publications]
    if not was_published:
        may_be.append(None)
    faults += _faults_of_the_copy(site, may_be)
    for fault in faults:
        tally.note(fault)
    tally.whole += not faults
    return faults


def _faults_of_the_copy(site: Site, publications: Sequence[Prints | None]) -> list[str]:
    try:
        prints = published_prints(site.published) if site.published.exists() else None
    except duckdb.Error as error:
        return [f"the published copy: {error}"]
    if prints in publications:
        return []
    differing = [sorted(name for name, _ in {*(prints or {}).items()} ^ {*(one or {}).items()}) for one in publications]
    return [f"the published copy is none of the {len(publications)} that there may be: {differing} differ"]


def _complete(victim: Victim, tally: Tally) -> float:
    """Let the command run to its end and compare all with an undisturbed run; returns how long it took."""
    site, expected = victim.site, victim.expected
    started = time.monotonic()
    result = site.run(victim.script, *victim.arguments)
    taken = time.monotonic() - started
    tally.rounds += 1
    faults = []
    if result.returncode not in victim.codes or "Traceback" in result.stdout + result.stderr:
        faults.append(f"the next run ends with {result.returncode}: {(result.stdout + result.stderr)[-2000:]}")
    try:
        with duckdb.connect(str(site.warehouse)) as connection:
            faults += raw_faults(connection, expected.counts, expected.reports)
            missing = sorted(set(expected.reports) - set(report_prints(connection)))
            faults += [f"the next run does not land {name}" for name in missing]
    except duckdb.Error as error:
        faults.append(f"the warehouse: {error}")
    faults += _faults_of_the_copy(site, (expected.final,))
    faults += [f"{name} stays behind" for name in leftovers(site.data, site.temporary, BUILT)]
    for fault in faults:
        tally.note(fault)
    tally.completed += not faults
    return taken


def write_real_reports(folder: Path, sample: Path, records: int, seed: int) -> None:
    """Reports of every form: the sample, a generated download in one large file, in UTF-16 and packed."""
    shutil.copytree(sample, folder)
    write_reports(Order(records, folder / "large", seed))
    write_reports(Order(records // 8, folder / "series", seed + 1, files=3, overlap=0.2, repeats=1))
    first, second, *_ = sorted((folder / "series").glob("*.csv"))
    first.with_name("utf16.csv").write_text(first.read_text(encoding="utf-8"), encoding="utf-16")
    first.unlink()
    with gzip.open(second.with_name(second.name + ".gz"), "wb") as packed:
        packed.write(second.read_bytes())
    second.unlink()


def loading(root: Path, records: int, seed: int, site_in: Callable[[Path], Site] = copy_site) -> Victim:
    """The loader on the sample and generated reports, from nothing and from a warehouse with the sample."""
    site = site_in(root / "loading")
    reports = root / "loading" / "reports" / "real"
    write_real_reports(reports, site.root / "sample" / "reports", records, seed)
    empty, begun = root / "loading-empty", root / "loading-begun"
    site.save(empty)
    site.run("load_reports.py", *map(str, sorted(reports.glob("*.csv"))))
    site.save(begun)
    site.run("load_reports.py", str(reports))
    # The sample holds two records that are rejected.
    return Victim(
        "loading",
        site,
        "load_reports.py",
        (str(reports),),
        (empty, begun),
        ("warehouse/*.wal", "warehouse/*.landing/*"),
        4,
        expected_of(site.warehouse, reports, ()),
        codes=(0, 1),
    )


def building(root: Path) -> Victim:
    """The build of the sample, from a warehouse with two of its reports built and published."""
    site = copy_site(root / "building")
    folder = site.root / "sample" / "reports"
    late = sorted(folder.glob("*.csv"))[EARLIER:]
    aside = [path.rename(root / path.name) for path in late]
    _succeed(site, "build_warehouse.py")
    earlier = published_prints(site.published)
    saved = root / "building-earlier"
    site.save(saved)
    for path in aside:
        path.rename(folder / path.name)
    _succeed(site, "build_warehouse.py")
    expected = expected_of(site.warehouse, folder, (earlier, published_prints(site.published)))
    return Victim(
        "building",
        site,
        "build_warehouse.py",
        (),
        (saved,),
        ("warehouse/*.wal", "warehouse/*.unfinished"),
        10,
        expected,
    )


def publishing(root: Path, warehouse: Path, older: Path, expected: Expected) -> Victim:
    """The publishing of a warehouse, where an older state is published and where nothing is."""
    beside, first = root / "publishing-beside", root / "publishing-first"
    for folder in (beside, first):
        folder.mkdir()
        shutil.copy(warehouse, folder / WAREHOUSE_NAME)
        shutil.copy(marts_path(warehouse), marts_path(folder / WAREHOUSE_NAME))
    shutil.copy(older, beside / PUBLISHED_NAME)
    return Victim(
        "publishing",
        copy_site(root / "publishing"),
        "publish.py",
        (),
        (beside, first),
        ("warehouse/*.unfinished",),
        3,
        expected,
    )


def expected_of(warehouse: Path, reports: Path, publications: tuple[Prints, ...]) -> Expected:
    """What a warehouse holds into which these reports were landed undisturbed; the last publication is the newest."""
    counts = {path.name: count_records(path) for path in reports.rglob("*.csv*")}
    return Expected(counts, landed_reports(warehouse), publications, publications[-1] if publications else None)


def _succeed(site: Site, script: str, *arguments: str) -> None:
    result = site.run(script, *arguments)
    if result.returncode:
        raise RuntimeError(f"{script} fails undisturbed: {result.stdout}{result.stderr}")


def table(tallies: list[Tally]) -> Iterator[str]:
    """What was seen, as a table in Markdown."""
    yield "| killed | kills | warehouse opened | whole files only | next run | completed, nothing left behind |"
    yield "|---|---|---|---|---|---|"
    for tally in tallies:
        yield (
            f"| {tally.phase} | {tally.kills} | {tally.opened} | {tally.whole} | {tally.rounds} | {tally.completed} |"
        )
