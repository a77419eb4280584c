"""A little of the fault harness (``make faults`` runs the whole), a full or read-only disk, and two at once."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from conftest import WITHOUT_TESTS, Project, with_shipped_settings
from faults.invariants import Prints, landed_reports, leftovers, published_prints, raw_faults, report_prints
from faults.kills import BUILT, Expected, Victim, expected_of, haunt, loading, publishing
from faults.readers import Seen, faults_of, reading
from faults.victims import Site, copy_site
from loader_fixtures import activity, report_text, write
from page.metrics import check_usage
from publishing.publish import publish
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import log_paths, marts_path
from warm_start import run_warm

SEED = 1
# More than are copied before they are stored (warehouse.raw.MANY).
RECORDS = 12_000
# Files of these names and so many records; the second does not fit on a small disk.
COUNTS = {"a.csv": 3, "b.csv": 60_000, "c.csv": 4}
FULL = "the disk is full. Fix: free some space"
ON_A_DISK = str(Path(__file__).parents[1] / "faults" / "on_a_disk.py")


class WarmSite(Site):
    """A site whose undisturbed commands need not import dbt first."""

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        return run_warm(self.command(script, *arguments)[1:], self.root, self.environment)


def warm_site(root: Path) -> Site:
    """A site where what is killed has a Python of its own, and what else runs starts warm."""
    return WarmSite(copy_site(root).root)


@pytest.fixture
def sample_site(sample_project: Project, tmp_path: Path) -> Site:
    """A copy of the project with nothing landed yet and everything parsed by dbt."""
    site = WarmSite(copy_site(tmp_path / "site").root, WITHOUT_TESTS)
    with_shipped_settings(site.root)
    (site.root / "target").mkdir()
    shutil.copy(sample_project.root / "target" / "partial_parse.msgpack", site.root / "target")
    return site


def expected_of_sample(project: Project, *publications: Prints) -> Expected:
    return expected_of(project.warehouse, project.root / "sample" / "reports", publications)


def warehouse_with(folder: Path, *files: Path) -> Path:
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)
        # Otherwise two warehouses would give a private meeting two keys.
        shutil.copy(file.with_name("meeting_salt"), folder)
    return folder


@pytest.mark.slow
def test_a_load_that_is_killed_leaves_whole_files_and_the_next_completes_it(tmp_path: Path) -> None:
    tally = haunt(loading(tmp_path, RECORDS, SEED, warm_site), 6, SEED)

    assert tally.faults == []
    assert (tally.kills, tally.opened, tally.whole) == (6, 6, 6)
    assert tally.completed == tally.rounds


def test_a_build_that_is_killed_leaves_the_last_copy_and_the_next_completes_it(
    sample_project: Project, sample_site: Site, tmp_path: Path
) -> None:
    final = published_prints(sample_project.published)
    start = warehouse_with(tmp_path / "start", sample_project.published)
    victim = Victim(
        *("building", sample_site, "build_warehouse.py", (), (start,), (), 2),
        expected_of_sample(sample_project, final),
    )

    tally = haunt(victim, 2, SEED, duration=6)

    assert tally.faults == []
    assert (tally.kills, tally.whole, tally.completed) == (2, 2, 1)


def test_a_publication_that_is_killed_leaves_the_old_copy_or_the_new(sample_project: Project, tmp_path: Path) -> None:
    older = tmp_path / "published.duckdb"
    shutil.copy(sample_project.published, older)
    with duckdb.connect(str(older)) as connection:
        connection.execute("delete from marts.fct_activities where content_id is null")
    expected = expected_of_sample(sample_project, published_prints(older), published_prints(sample_project.published))

    victim = publishing(tmp_path, sample_project.warehouse, older, expected)
    tally = haunt(replace(victim, site=WarmSite(victim.site.root)), 6, SEED)

    assert tally.faults == []
    assert (tally.kills, tally.opened, tally.whole) == (6, 6, 6)
    assert tally.completed == tally.rounds


def test_readers_see_whole_publications_while_one_follows_another(sample_project: Project, tmp_path: Path) -> None:
    warehouse, published = tmp_path / "activity.duckdb", tmp_path / "published.duckdb"
    shutil.copy(sample_project.warehouse, warehouse)
    shutil.copy(sample_project.marts, marts_path(warehouse))
    publish(warehouse, published)
    publications = [published_prints(published)]
    seen: list[Seen] = []

    # One of them holds each copy open.
    with reading(published, seen, readers=2):
        for number in range(3):
            with connect(marts_path(warehouse)) as connection:
                # As a build does it: one table after the other, in transactions of their own.
                for schema, table in connection.execute(
                    "select schema_name, table_name from duckdb_tables() where schema_name in ('marts', 'restricted')"
                ).fetchall():
                    name = f'{schema}."{table}"'
                    connection.execute(f"create or replace table {name} as from {name}")
                connection.execute(f"create or replace table marts.publication as select {number} as number")
            publish(warehouse, published)
            publications.append(published_prints(published))
            time.sleep(0.3)

    assert faults_of(seen, publications) == []
    assert sum(one.swaps for one in seen) > 0
    assert len(published_prints(published)) == len(publications[0]) + 1


def test_what_an_unfinished_build_left_is_not_published_and_no_metric_reads_it(
    sample_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, published = tmp_path / "activity.duckdb", tmp_path / "published.duckdb"
    shutil.copy(sample_project.warehouse, warehouse)
    shutil.copy(sample_project.marts, marts_path(warehouse))
    with connect(warehouse) as connection:
        assert connection.execute("from staging.unfinished_builds").fetchall() == []
        connection.execute("insert into staging.unfinished_builds values ('killed')")

    with pytest.raises(WarehouseError, match=r"did not finish.*nothing was published\. Fix: make build"):
        publish(warehouse, published)
    assert not published.exists()
    monkeypatch.setenv("WAREHOUSE_PATH", str(warehouse))
    check_usage(["list", "metrics"])
    with pytest.raises(WarehouseError, match=r"did not finish.*a metric may be of both\. Fix: make build"):
        check_usage(["query", "--metrics", "attendees"])


# Two at once.


@contextmanager
def in_the_midst_of(site: Site, script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that stands still while it has the warehouse open, and goes on afterwards."""
    with site.start(script, *arguments) as process:
        while not {path.name for path in site.data.glob("activity.duckdb.*")} - BUILT:
            assert process.poll() is None, "it ended before it could be met"
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGSTOP)
        yield process
        os.killpg(process.pid, signal.SIGCONT)


@pytest.mark.parametrize("first", ["load", "build"])
def test_who_comes_second_says_so_and_harms_nothing(
    sample_project: Project, sample_site: Site, reports: Path, first: str
) -> None:
    site, sample = sample_site, sample_project.root / "sample" / "reports"
    shutil.copy(sample_project.warehouse, site.warehouse)
    expected = expected_of_sample(sample_project)
    command = ("load_reports.py", str(reports)) if first == "load" else ("build_warehouse.py",)

    with in_the_midst_of(site, *command) as process:
        for second in (("load_reports.py", str(sample)), ("publish.py",), ("build_warehouse.py",)):
            result = site.run(*second)
            assert result.returncode == 1, second
            assert re.search(r"is in use by .*ait until it has ended", result.stdout), second
            assert len(result.stdout.splitlines()) < 5, result.stdout
            assert "Traceback" not in result.stdout + result.stderr, second
        assert process.poll() is None
        assert not site.published.exists()

    landed = landed_reports(site.warehouse)
    with duckdb.connect(str(site.warehouse)) as connection:
        assert raw_faults(connection, {**expected.counts, **COUNTS}, {**landed, **expected.reports}) == []


# A full and a read-only disk.


def can_mount() -> bool:
    probe = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    return shutil.which("unshare") is not None and subprocess.run(probe, capture_output=True).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="a small disk of its own can only be mounted in a namespace")


def on_a_disk(site: Site, free: int | None, script: str, *arguments: str) -> str:
    """Run a script that cannot go well with the warehouse's folder on a disk of its own; returns what it said.

    The folder is copied to the disk and back afterwards, because the disk is gone with the namespace.

    Args:
        site: where it runs.
        free: so many kilobytes are free on the disk; None for a disk that is read-only.
        script: the script.
        arguments: its arguments.
    """
    kept = site.root / "kept"
    site.data.rename(kept)
    site.data.mkdir()
    used = sum(-(-path.stat().st_size // 4096) * 4 for path in kept.iterdir())
    disk = ["ro" if free is None else "rw", str(used + (free or 0)), str(site.data), str(kept)]
    result = run_warm([ON_A_DISK, *disk, *site.command(script, *arguments)[1:]], site.root, site.environment)
    site.data.rmdir()
    kept.rename(site.data)
    return said_without_a_traceback(result)


def said_without_a_traceback(result: subprocess.CompletedProcess[str]) -> str:
    said = result.stdout + result.stderr
    assert "Traceback" not in said, said
    assert result.returncode == 1, said
    return said


def with_small_files(site: Site, kilobytes: int, script: str, *arguments: str) -> str:
    """Run a script that cannot go well where no file may grow larger; returns what it said."""
    limit = ["limited", str(kilobytes)]
    result = run_warm([ON_A_DISK, *limit, *site.command(script, *arguments)[1:]], site.root, site.environment)
    return said_without_a_traceback(result)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A small report, one of 6 MB, and another small one."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, count in COUNTS.items():
        labels = (sha256(f"{name} {number}".encode()).hexdigest() for number in range(count))
        write(folder / name, report_text(*(activity(str(number), label) for number, label in enumerate(labels))))
    return folder


@pytest.mark.parametrize("disk", [pytest.param("full", marks=needs_mount), "limited"])
def test_a_load_on_a_full_disk_says_so_and_the_next_completes_it(sample_site: Site, reports: Path, disk: str) -> None:
    site = sample_site
    command = ("load_reports.py", str(reports))
    said = on_a_disk(site, 1500, *command) if disk == "full" else with_small_files(site, 1500, *command)

    assert (FULL if disk == "full" else "a file may not grow any larger here") in said
    assert "a.csv: 3 records" in said
    with duckdb.connect(str(site.warehouse)) as connection:
        landed = report_prints(connection)
        assert raw_faults(connection, COUNTS, landed) == []
    assert "b.csv" not in landed

    assert site.run(*command).returncode == 0
    assert set(landed_reports(site.warehouse)) == set(COUNTS)
    assert leftovers(site.data, site.temporary, {"activity.duckdb"}) == []


def test_a_log_of_dbt_that_cannot_grow_is_no_traceback(sample_project: Project, sample_site: Site) -> None:
    """Python printed one for each of its lines, 16,000 lines in all."""
    shutil.copy(sample_project.warehouse, sample_site.data)
    log = sample_site.root / "logs" / "dbt.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"x" * 3000 * 1024)
    said = with_small_files(sample_site, 3000, "build_warehouse.py")
    assert "a file may not grow any larger here. Fix: raise the limit (ulimit -f)" in said


@needs_mount
@pytest.mark.parametrize(
    "script", ["load_reports.py", "build_warehouse.py", "publish.py", "write_docs.py", "metrics.py query"]
)
def test_on_a_read_only_disk_everything_says_so_and_stays(
    sample_project: Project, sample_site: Site, script: str
) -> None:
    site = sample_site
    for path in (sample_project.warehouse, sample_project.marts, sample_project.published):
        shutil.copy(path, site.data)
    before = {path.name: path.read_bytes() for path in site.data.iterdir()}

    reports = [str(site.root / "sample")] if script == "load_reports.py" else []
    said = on_a_disk(site, None, *script.split(), *reports)

    assert "the disk is read-only. Fix: make it writable, and give the same command again." in said
    assert "Traceback" not in said
    assert {path.name: path.read_bytes() for path in site.data.iterdir()} == before


@needs_mount
@pytest.mark.parametrize(
    ("script", "free"),
    [
        ("publish.py", 100),
        ("publish.py", 2000),
        ("build_warehouse.py", 40),
        ("build_warehouse.py", 100),
        ("build_warehouse.py", 1000),
    ],
)
def test_on_a_full_disk_the_last_copy_stays(
    sample_project: Project, sample_site: Site, tmp_path: Path, script: str, free: int
) -> None:
    site = sample_site
    # A build takes the old marts away first, and their space would be enough for it.
    marts = (sample_project.marts,) if script == "publish.py" else ()
    for path in (sample_project.warehouse, sample_project.published, *marts):
        shutil.copy(path, site.data)
    before = site.published.read_bytes()

    said = on_a_disk(site, free, script)

    assert FULL in said
    # dbt would say so of each of its nodes first.
    assert "Failure in" not in said and " ERROR " not in said and "Encountered an error" not in said
    assert site.published.read_bytes() == before
    logs = {log.name for path in (site.warehouse, marts_path(site.warehouse)) for log in log_paths(path)}
    assert leftovers(site.data, site.temporary, BUILT | logs) == []
    expected = expected_of_sample(sample_project)
    with duckdb.connect(str(site.warehouse)) as connection:
        assert raw_faults(connection, expected.counts, expected.reports) == []
    # With space again: what was built before is published again, and what a build left half-way is not.
    result = site.run("publish.py")
    assert result.returncode == (0 if script == "publish.py" else 1), result.stdout
    assert ("did not finish" in result.stdout) == (script == "build_warehouse.py")
