"""The landing as Parquet: what the warehouse would hold, whole reports only, and whoever lands them how often."""

from __future__ import annotations

import glob
import io
import itertools
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from rich.console import Console

from conftest import Once, warehouse_in
from landing import parquet as parquet_landing
from landing import parquet_files as parquet_layout
from landing.forgotten import remember_others
from landing.land import land_reports
from landing.meetings import SALTS
from landing.outcome import Declaration, Given, Landing
from landing.parquet import declare_in, land_as_parquet, remove_sample_from, writing
from landing.parquet_files import TABLES, place
from loader_fixtures import SHORT_HEADER, activity, report_text, rows, write
from removal.erase import forget
from removal.forget_landed import forget_in
from removal.questions import Request
from removal.remove import find_report, remove
from removal.remove_landed import remove_from
from removal.subject import find_person
from reports.files import find_reports
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT
from warehouse.raw import SAMPLE_SITE
from warehouse.raw_tables import NEW_TABLES
from warm_start import run_warm

pytestmark = pytest.mark.slow

FUTURE = datetime.now(UTC).date() + timedelta(days=30)
SAMPLE = find_reports([str(PROJECT_ROOT / "sample" / "reports")])
EVERY_ACTIVITY = find_reports([str(PROJECT_ROOT / "tests" / "fixtures")])
BROKEN = report_text(activity("u1"), "u2,Chat", activity("u3", date="some day"), activity("u4", '"open'))
BROKEN_BYTE = report_text(activity("u1"), activity("u2", "caf\N{LATIN SMALL LETTER E WITH ACUTE}")).encode("latin-1")
NO_RECORD = f"{SHORT_HEADER}\n"
HOSTILE_SITES = ["a/b", "..", "x=y 50%", "a%2Fb", "it's [a] 'b' *?", "zürich 😀", "007", "a\\b:{c}^#"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "it's a [landing] *"


def land(root: Path, *paths: Path, declaration: Declaration | None = None, jobs: int = 1) -> list[Landing]:
    return list(land_as_parquet(root, list(paths), declaration or Declaration(), jobs))


@cache
def own_duckdb() -> duckdb.DuckDBPyConnection:
    """One DuckDB to look into all landings."""
    return duckdb.connect()


@contextmanager
def landed(root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The contents of a landing, in the tables of raw, read without any code of ours."""
    with warehouse_in(own_duckdb(), "landed") as connection:
        connection.execute(NEW_TABLES)
        # There each record lies with all its texts.
        connection.execute("create table kept as from raw.activities; drop view raw.activities")
        connection.execute("create table raw.activities as from kept")
        for table in TABLES:
            if files := [str(path) for path in (root / table).rglob("*.parquet")]:
                names = ", ".join(columns(connection, table))
                connection.execute(
                    f"insert into raw.{table} select {names}"
                    " from read_parquet($files, hive_partitioning = true, hive_types_autocast = false)",
                    # DuckDB looks for signs of a pattern in whatever is the name of a file.
                    {"files": [file.translate({ord(sign): f"[{sign}]" for sign in "[*?"}) for file in files]},
                )
        yield connection


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return rows(connection, f"select name from pragma_table_info('raw.{table}') order by cid")


def assert_equal_to_the_warehouse(root: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    with landed(root) as found:
        # A warehouse in memory has no salt of its own.
        for table in (table for table in TABLES if table != SALTS):
            compared = [name for name in columns(warehouse, table) if name not in ("loaded_at", "forgotten_at")]
            query = f"select {', '.join(compared)} from raw.{table} order by all"
            assert rows(found, query) == rows(warehouse, query), table


def files_of(root: Path) -> dict[str, tuple[int, int]]:
    """Every file with what changes when it is rewritten."""
    return {
        str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def leftovers(root: Path) -> list[str]:
    return sorted(path.name for path in root.parent.glob("*landing*") if path not in (root, Path(f"{root}.lock")))


@pytest.fixture
def broken(tmp_path: Path) -> list[Path]:
    """Reports with rejected records, one that is refused, copies, and some packed together."""
    folder = tmp_path / "in [1]"
    folder.mkdir()
    write(folder / "a.csv", BROKEN)
    write(folder / "b copy of a.csv", BROKEN)
    write(folder / "c.csv", BROKEN_BYTE)
    write(folder / "d.csv", report_text(activity("u1", date="01/02/2024 10:00")))
    write(folder / "e.csv", NO_RECORD)
    with zipfile.ZipFile(folder / "f.zip", "w") as archive:
        archive.writestr("it's 'one'.csv", report_text(activity("z1")))
        archive.writestr("the same.csv", report_text(activity("z1")))
        archive.writestr("a again.csv", BROKEN)
        archive.writestr("no report.csv", "nothing,of,it\n1,2,3\n")
        archive.writestr("users_2024-05-02.csv", "User ID,Email,Shoe size\n7,a@b.c,44\n,,45\n")
    write(folder / "g.csv", b"")
    write(folder / "h.csv", report_text("7,Chat,Message,hello,2024-05-01 10:00:00,x", header=SHORT_HEADER + ",Extra"))
    return find_reports([str(folder)])


# --- The same as in the warehouse ---


def test_the_landing_holds_what_the_warehouse_holds(
    warehouse: duckdb.DuckDBPyConnection, root: Path, broken: list[Path]
) -> None:
    paths = [*SAMPLE, *EVERY_ACTIVITY, *broken]
    declaration = Declaration("harbour", "Europe/Zurich")
    in_the_warehouse = [replace(one, new_count=None) for one in land_reports(warehouse, paths, declaration)]
    assert rows(warehouse, "select count(*) from raw.rejected_records") == [2 + 3 + 1]

    assert land(root, *paths, declaration=declaration) == in_the_warehouse
    assert_equal_to_the_warehouse(root, warehouse)
    assert leftovers(root) == []


def test_a_landing_and_a_warehouse_side_by_side_have_one_salt_for_meetings(tmp_path: Path) -> None:
    def salts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
        return connection.execute("from raw.meeting_salts").fetchall()

    with connect(tmp_path / "activity.duckdb") as connection:
        list(land_reports(connection, [], Declaration()))
        list(land_reports(connection, [], Declaration()))
        [(sites, salt)] = found = salts(connection)
    assert (sites, len(salt)) == ("all", 64)
    for _ in range(2):
        with writing(tmp_path / "landing") as connection:
            assert salts(connection) == found
    assert len(list((tmp_path / "landing" / "meeting_salts").rglob("records.parquet"))) == 1
    # raw stays as it is when the file changes; a warehouse that is made again reads the file.
    (tmp_path / "meeting_salt").write_text("f" * 64)
    with connect(tmp_path / "activity.duckdb") as connection:
        list(land_reports(connection, [], Declaration()))
        assert salts(connection) == found
    with connect(tmp_path / "again.duckdb") as connection:
        list(land_reports(connection, [], Declaration()))
        assert salts(connection) == [("all", "f" * 64)]


def test_what_is_declared_reaches_the_workers_and_what_they_found_comes_back(
    warehouse: duckdb.DuckDBPyConnection,
    root: Path,
    tmp_path: Path,
    broken: list[Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    text = report_text(activity("u1", "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}ezi", date="01/02/2024 10:00"))
    own = [write(tmp_path / "a.csv", text.encode("cp1252")), write(tmp_path / "b.csv", text.encode("mac_roman"))]
    paths = [*broken, *own]
    declaration = Declaration("s", "America/New_York", "MM/dd/yyyy", "mac_roman")

    landings = land(root, *paths, declaration=declaration, jobs=2)
    assert capfd.readouterr().err == ""
    assert landings == [replace(one, new_count=None) for one in land_reports(warehouse, paths, declaration)]
    assert_equal_to_the_warehouse(root, warehouse)
    assert leftovers(root) == []
    with landed(root) as found:
        assert rows(found, "select distinct occurred_at::varchar from raw.activities where label like 'gr%'") == [
            "2024-01-02 15:00:00"
        ]


def test_times_are_instants_and_the_path_tells_what_the_file_does_not(root: Path) -> None:
    land(root, *SAMPLE[:1])

    [file] = (root / "activities").rglob("*.parquet")
    with duckdb.connect() as connection:
        found = connection.execute(
            "select name, logical_type from parquet_schema($file)", {"file": glob.escape(str(file))}
        ).fetchall()
    types = dict(found)
    assert "isAdjustedToUTC=1" in types["occurred_at"]
    assert not types.keys() & {"site_id", "report_id"}


def test_any_site_has_a_folder_of_its_own(root: Path, tmp_path: Path) -> None:
    sites = [*HOSTILE_SITES, "other"]
    names = [f"{number:02}.csv" for number in range(len(sites))]
    paths = [write(tmp_path / name, report_text(activity(name))) for name in names]
    # The last has a rejected record too.
    write(paths[-1], BROKEN)
    for path, site in zip(paths, sites, strict=True):
        land(root, path, declaration=Declaration(site))

    with landed(root) as found:
        assert rows(found, "select site_id, file_name from raw.reports order by 2") == [*zip(sites, names, strict=True)]
    assert {path.parent.parent.parent.parent for path in root.rglob("*.parquet")} == {root}
    # And it is recognised by what the path says.
    assert [one.already_landed_as for one in land(root, *paths)] == names


# --- Once ---


def test_the_same_bytes_and_copies_in_one_run_land_once_under_the_first_name(root: Path, tmp_path: Path) -> None:
    # The first takes the longest, so that its twins are taken apart before it.
    large = report_text(*(activity(f"u{number}") for number in range(20_000)))
    lines = [activity(f"00{number}", "bye", date=f"2024-06-01 10:0{number}:37") for number in range(1, 9)]
    copy = report_text(*(line.replace(":37", ":00") for line in lines))
    texts = {"a": large, "b": BROKEN, "c": BROKEN, "d": large, "e": report_text(*lines), "f": copy}
    paths = [write(tmp_path / f"{name}.csv", text) for name, text in texts.items()]

    landings = land(root, *paths, jobs=2)

    assert [one.already_landed_as for one in landings] == [None, None, "b.csv", "a.csv", None, None]
    assert "8 of its 8 records are already in e.csv, the same in all but the seconds of their times" in str(
        landings[-1].refusal
    )
    with landed(root) as found:
        assert rows(found, "select file_name from raw.reports order by all") == ["a.csv", "b.csv", "e.csv"]
        assert rows(found, "select count(*) from raw.activities") == [20_001 + 8]


def test_what_is_landed_is_not_touched_again(root: Path, tmp_path: Path) -> None:
    land(root, *SAMPLE[:2])
    before = files_of(root)

    landings = land(root, *SAMPLE[:2], write(tmp_path / "new.csv", BROKEN))

    assert [one.already_landed_as for one in landings] == [*(path.name for path in SAMPLE[:2]), None]
    after = files_of(root)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 3


def test_who_lands_meanwhile_is_told_to_wait(root: Path) -> None:
    with writing(root), pytest.raises(WarehouseError, match=r"another command is writing to .* Fix: wait"):
        land(root, *SAMPLE)


def test_only_the_owner_reads_what_is_being_landed(root: Path, tmp_path: Path) -> None:
    landings = land_as_parquet(root, [write(tmp_path / "a.csv", BROKEN)], Declaration(), 1)
    next(landings)
    scratch = [Path(f"{root}.scratch{name}") for name in ("", "-seed")]
    assert [path.stat().st_mode & 0o777 for path in scratch] == [0o600, 0o600]
    assert list(landings) == []


def test_the_sample_makes_room(root: Path, tmp_path: Path) -> None:
    land(root, SAMPLE[0], SAMPLE[-1], declaration=Declaration(SAMPLE_SITE))
    assert not remove_sample_from(root)

    land(root, write(tmp_path / "own.csv", report_text(activity("u1"))))

    assert remove_sample_from(root)
    with landed(root) as found:
        assert rows(found, "select user_id, (select count(*) from raw.users) from raw.activities") == [("u1", 0)]
    assert not remove_sample_from(root)


def test_a_report_of_the_sample_that_is_also_one_of_your_own_stays(root: Path) -> None:
    land(root, SAMPLE[0], declaration=Declaration(SAMPLE_SITE))
    land(root, SAMPLE[0])
    assert not remove_sample_from(root)
    with landed(root) as found:
        assert rows(found, "select site_id from raw.reports") == ["main"]


# --- Cut short ---


@contextmanager
def unplugged_at(table: str) -> Iterator[None]:
    """Pull the plug as soon as a file is to take its place in a table."""

    def pull_the_plug(file: Path, folder: Path) -> None:
        if folder.parent.parent.name == table:
            raise KeyboardInterrupt
        place(file, folder)

    with mock.patch.object(parquet_layout, "place", pull_the_plug), pytest.raises(KeyboardInterrupt):
        yield


CUT_AT = ("activities", "rejected_records", "reports")


def test_what_was_cut_short_counts_for_nothing_and_is_landed_by_the_next(root: Path, tmp_path: Path) -> None:
    first, broken = write(tmp_path / "a.csv", report_text(activity("a"))), write(tmp_path / "b.csv", BROKEN)
    land(root, first)
    users = ["a"]

    for table in CUT_AT:
        with unplugged_at(table):
            land(root, broken)
        with landed(root) as found:
            names = [f"{user}.csv" for user in users]
            assert rows(found, "select file_name from raw.reports order by loaded_at") == names, table
        assert leftovers(root) == [], table
        # Another report comes, and the half one does not come again.
        land(root, write(tmp_path / f"{table}.csv", report_text(activity(table))))
        users.append(table)
        with landed(root) as found:
            assert rows(found, "select user_id from raw.activities order by all") == sorted(users), table
            assert rows(found, "select count(*) from raw.rejected_records") == [0], table
    assert [one.already_landed_as for one in land(root, first, broken)] == ["a.csv", None]
    with landed(root) as found:
        assert rows(found, "select user_id from raw.activities order by all") == [*sorted(users), "u1"]


def test_a_killed_landing_takes_its_workers_along_and_the_next_completes_it(
    warehouse: duckdb.DuckDBPyConnection, root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    text = report_text(*(activity(f"u{number}") for number in range(12_000)))
    for number in range(6):
        write(folder / f"{number}.csv", f"{text}{activity(str(number))}\n")
    command = [
        sys.executable,
        "scripts/land_parquet.py",
        "--reports",
        str(folder),
        "--landing",
        str(root),
        "--jobs",
        "2",
    ]
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert "landed" in process.stdout.readline()
        # The process alone, as the system does it where memory is short.
        os.kill(process.pid, signal.SIGKILL)
        # The workers hold the same pipe: it ends when they do.
        process.stdout.read()
    assert leftovers(root) != []

    paths = find_reports([str(folder)])
    landings = land(root, *paths)

    assert 1 <= sum(one.already_landed_as is not None for one in landings) < len(paths)
    list(land_reports(warehouse, paths, Declaration()))
    assert_equal_to_the_warehouse(root, warehouse)
    assert leftovers(root) == []


def _die(path: Path, work: parquet_landing.Work) -> parquet_landing.Taken:
    if path.name == "b.csv":
        os.kill(os.getpid(), signal.SIGKILL)
    return parquet_landing.taken_by_worker(path, work)


def test_a_worker_that_is_killed_is_said(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write(tmp_path / f"{name}.csv", report_text(activity(name))) for name in "abc"]
    with monkeypatch.context() as patch:
        patch.setattr(parquet_landing, "taken_by_worker", _die)
        with pytest.raises(WarehouseError, match=r"a worker was killed.* Fix: fewer JOBS"):
            land(root, *paths, jobs=2)

    assert leftovers(root) == []
    land(root, *paths)
    with landed(root) as found:
        assert rows(found, "select user_id from raw.activities order by all") == ["a", "b", "c"]


# --- Removed and forgotten ---


def test_a_removed_report_is_left_out_until_it_is_landed_again(root: Path, tmp_path: Path) -> None:
    report = write(tmp_path / "a.csv", BROKEN)
    land(root, report, declaration=Declaration("north"))

    with pytest.raises(WarehouseError, match=r"there is no report b\.csv"):
        remove_from(root, "b.csv")
    assert remove_from(root, "a.csv").landed_count == 1

    with landed(root) as found:
        assert [rows(found, f"select count(*) from raw.{table}") for table in TABLES] == [
            [0],
            [0],
            [0],
            [0],
            [0],
            [0],
            [1],
            [0],
            [1],
            [0],
        ]
        [report_id] = rows(found, "select report_id from raw.removed_reports where site_id = 'north'")
    # Again by the same command: nothing else happens.
    assert remove_from(root, report_id).removed_at is not None
    [left_out] = land(root, report)
    assert left_out.removed_on is not None

    [again] = land(root, report, declaration=Declaration("south", is_again=True))
    assert again.landed_count == 1
    with landed(root) as found:
        assert rows(found, "select site_id, (select count(*) from raw.removed_reports) from raw.reports") == [
            ("south", 0)
        ]
    assert [one.already_landed_as for one in land(root, report)] == ["a.csv"]


def test_a_removal_that_was_cut_short_is_completed(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(root, write(tmp_path / "a.csv", BROKEN))

    def pull_the_plug(root: Path, site_id: str, report_id: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("removal.remove_landed.take_out", pull_the_plug)
        with pytest.raises(KeyboardInterrupt):
            remove_from(root, "a.csv")
    land(root, write(tmp_path / "b.csv", report_text(activity("b"))))

    with landed(root) as found:
        assert rows(found, "select user_id from raw.activities") == ["b"]
        assert rows(found, "select file_name from raw.reports") == ["b.csv"]


@pytest.fixture
def beside(root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse beside the landing, so that both have the same salt."""
    with connect(root.parent / "activity.duckdb") as connection:
        connection.execute(NEW_TABLES)
        yield connection


def test_a_forgotten_person_is_out_of_the_landing_as_out_of_the_warehouse(
    beside: duckdb.DuckDBPyConnection, root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    header = "User ID,First,Last,Email,Category,Action,Label,Date"
    ada = "7,Ada,Byron,ada@x.org,Chat,Message,hello,2024-05-01 10:00:00"
    bob = "8,Bob,Low,bob@x.org,Chat,Message,thanks Ada Byron,2024-05-01 10:00:00"
    carl = "9,Carl,Oh,carl@x.org,Chat,Message,hello,2024-05-01 10:00:00"
    write(folder / "Ada Byron.csv", report_text(ada, header=header))
    write(folder / "both.csv", report_text(ada, bob, "8,Bob,Ada Byron", carl, header=header))
    write(folder / "without.csv", report_text(carl, header=header))
    write(folder / "only named.csv", report_text(bob, header=header))
    write(folder / "only rejected.csv", report_text("9,Ada Byron", header=header))
    write(folder / "users.csv", "User ID,Email,First,Last\n,ada@x.org,Ada,Byron\n8,bob@x.org,Bob,Low\n")
    paths = find_reports([str(folder)])
    elsewhere = write(tmp_path / "other site.csv", report_text(ada, bob, header=header))
    for files, site in ((paths, "north"), ([elsewhere], "south")):
        list(land_reports(beside, files, Declaration(site)))
        land(root, *files, declaration=Declaration(site))
    before = files_of(root)

    forget(beside, find_person(beside, "7", "north"))
    names = ["Ada Byron.csv", "both.csv", "only named.csv", "only rejected.csv", "users.csv"]
    assert sorted(forget_in(root, Request("7", "north", is_dry_run=True))) == names
    assert files_of(root) == before
    assert sorted(forget_in(root, Request("7", "north"))) == names

    assert_equal_to_the_warehouse(root, beside)
    with landed(root) as found:
        assert rows(
            found,
            "select user_id, label from raw.activities inner join raw.reports using (report_id)"
            " where site_id = 'north' order by all",
        ) == [*[("8", "thanks [forgotten]")] * 2, ("9", "hello"), ("9", "hello")]
        assert rows(
            found,
            "select user_id, label from raw.activities inner join raw.reports using (report_id)"
            " where site_id = 'south' order by all",
        ) == [("7", "hello"), ("8", "thanks Ada Byron")]
    # Only files that held the person were rewritten.
    after = files_of(root)
    kept = [name for name in before if after[name] == before[name]]
    assert len(kept) == len(before) - (2 + 3 + 2 + 2 + 2)
    assert leftovers(root) == []

    # And a later download does not bring them back.
    later = write(tmp_path / "later.csv", report_text(ada, carl, ada.replace("10:00:00", "11:00:00"), header=header))
    for one in (
        [*land_reports(beside, [later], Declaration("north"))],
        land(root, later, declaration=Declaration("north")),
    ):
        assert [(landing.landed_count, landing.rejected_count) for landing in one] == [(1, 2)]
    assert_equal_to_the_warehouse(root, beside)


def test_a_forgotten_person_stays_out_when_a_report_of_the_landing_gets_another_site(
    beside: duckdb.DuckDBPyConnection, root: Path, tmp_path: Path
) -> None:
    header = "User ID,Email,Category,Action,Label,Date"
    ada, bob = "7,ada@x.org,Chat,Message,a,2024-05-01 10:00:00", "8,,Chat,Message,b,2024-05-01 10:00:00"
    report, removed = (
        write(tmp_path / f"{name}.csv", report_text(ada, bob.replace("b", name), header=header)) for name in "xy"
    )
    later = write(tmp_path / "z.csv", report_text(ada, bob, header=header))
    list(land_reports(beside, [report, removed], Declaration("north")))
    land(root, report, removed, declaration=Declaration("north"))
    forget(beside, find_person(beside, "7", "north"))
    forget_in(root, Request("7", "north"))
    remove(beside, find_report(beside, "y.csv", root))
    remove_from(root, "y.csv")

    for paths, declaration in (
        ([report, removed], Declaration("south", moves_reports=True, is_again=True)),
        ([later], Declaration("south")),
    ):
        list(land_reports(beside, paths, declaration))
        land(root, *paths, declaration=declaration)

    assert rows(beside, "select distinct user_id from raw.activities") == ["8"]
    assert_equal_to_the_warehouse(root, beside)


def test_of_two_ids_that_differ_in_zeros_the_one_stays_in_the_landing_and_in_its_next_site(
    beside: duckdb.DuckDBPyConnection, root: Path, tmp_path: Path
) -> None:
    header = "User ID,First,Last,Email,Category,Action,Label,Date"
    lines = [
        f"{user_id},{name},{name}son,{name}@x.org,Chat,Message,{{}},2024-05-01 10:00:00"
        for user_id, name in (("0012", "Bo"), ("12", "Cy"))
    ]
    report, later = (
        write(tmp_path / f"{name}.csv", report_text(*(line.format(name) for line in lines), header=header))
        for name in "xy"
    )
    list(land_reports(beside, [report], Declaration("north")))
    land(root, report, declaration=Declaration("north"))
    with pytest.raises(WarehouseError, match=r"Fix: make forget USER_ID=0012 SITE=north ALSO_SPELLINGS=1 if"):
        forget_in(root, Request("0012"))
    forget(beside, find_person(beside, "0012", "north"))
    remember_others(beside, "north", [], ["12"])
    forget_in(root, Request("0012", is_spelling_same=False))
    assert_equal_to_the_warehouse(root, beside)

    for path, declaration in (
        (report, Declaration("south", moves_reports=True, is_again=True)),
        (later, Declaration("south")),
    ):
        list(land_reports(beside, [path], declaration))
        land(root, path, declaration=declaration)

    assert rows(beside, "select user_id, label from raw.activities order by label") == [("12", "x"), ("12", "y")]
    assert_equal_to_the_warehouse(root, beside)


def test_all_ids_of_a_person_leave_the_landing(root: Path, tmp_path: Path) -> None:
    header = "User ID,First,Last,Email,Category,Action,Label,Date"
    said = "Chat,Message"
    records = [
        f"7,Ada,Byron,ada@x.org,{said},a,2024-05-01 10:00:00",
        f"007,Ada,Byron,,{said},b,2024-05-01 10:00:01",
        f"12,Ada,King,ADA@x.org,{said},c,2024-05-01 10:00:02",
        f",,,ada@x.org,{said},d,2024-05-01 10:00:03",
        f"9,Carl,Oh,carl@x.org,{said},Ada King,2024-05-01 10:00:04",
    ]
    reports = [report_text(*some, header=header) for some in (records[::2], records[1::2])]
    land(root, *(write(tmp_path / f"{number}.csv", text) for number, text in enumerate(reports)))
    before = files_of(root)

    with pytest.raises(WarehouseError, match=r"also that of user 12.*Fix: ALSO_SAME_EMAIL=1 .*ALSO_SAME_EMAIL=0"):
        forget_in(root, Request("7"))
    assert files_of(root) == before
    forget_in(root, Request("7", is_same_email_same=True))

    with landed(root) as found:
        assert rows(found, "select user_id, label from raw.activities") == [("9", "[forgotten]")]


def test_a_forgetting_that_was_cut_short_is_completed_by_whoever_comes_next(root: Path, tmp_path: Path) -> None:
    texts = {table: report_text(activity(f"u {table}"), activity("of all")) for table in CUT_AT}
    land(root, *(write(tmp_path / f"{table}.csv", text) for table, text in texts.items()))
    others = ["of all"] * len(texts)

    for number, table in enumerate(CUT_AT, 1):
        with unplugged_at(table):
            forget_in(root, Request(f"u {table}"))
        land(root, write(tmp_path / f"after {table}.csv", report_text(activity(f"after {table}"))))
        others.append(f"after {table}")
        kept = [*others, *(f"u {later}" for later in CUT_AT[number:])]
        with landed(root) as found:
            assert rows(found, "select user_id from raw.activities order by all") == sorted(kept), table
            query = "select landed_count, rejected_count, (select count(*) from raw.rejected_records) from raw.reports"
            assert rows(found, f"{query} where file_name = '{table}.csv'") == [(1, 1, number)], table


def test_who_is_not_there_is_not_forgotten(root: Path, tmp_path: Path) -> None:
    land(root, write(tmp_path / "a.csv", BROKEN))
    before = files_of(root)

    with pytest.raises(WarehouseError, match=r"there is no user nobody in any report"):
        forget_in(root, Request("nobody"))
    assert files_of(root) == before


# --- The command lines ---


def run(script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [f"scripts/{script}.py", *arguments]
    return run_warm(command, PROJECT_ROOT, os.environ | settings)


def test_the_commands_say_what_became_of_it(root: Path, tmp_path: Path) -> None:
    report = write(tmp_path / "[b]a.csv", report_text(activity("u1")))
    settings, there = {"SPARK_LANDING": str(root)}, ("--landing", str(root))

    landing = run("land_parquet", "--reports", str(report), "--site", "north", **settings)
    assert (landing.returncode, landing.stderr) == (0, "")
    assert "[b]a.csv: 1 record" in landing.stdout
    rejected = run("land_parquet", "--reports", str(write(tmp_path / "b.csv", BROKEN)), "--site", "south", **settings)
    assert rejected.returncode == 0, "it landed what it could, and says what it rejected"
    assert "some day" in rejected.stdout
    refused = run(
        "land_parquet", "--reports", str(write(tmp_path / "c.csv", "%PDF-1.7")), "--site", "south", **settings
    )
    assert refused.returncode == 1
    nobody = run("forget", "u9", *there)
    assert (nobody.returncode, nobody.stderr) == (1, "")
    assert "there is no user u9" in nobody.stdout
    printed = run("forget", "u1", *there, "--site", "north", "--dry-run").stdout
    assert "1 report of the landing holds them; nothing was changed." in printed
    assert "Forgotten in 1 report of" in run("forget", "u1", *there, "--site", "north").stdout
    nothing = run("remove", "c.csv", *there)
    assert (nothing.returncode, nothing.stderr) == (1, "")
    assert "Nothing was changed." in run("remove", "b.csv", *there, "--dry-run").stdout
    assert "Removed from the landing" in run("remove", "b.csv", LANDING=str(root)).stdout


def test_a_landing_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    occupied = write(tmp_path / "occupied", "")

    result = run("land_parquet", "--landing", str(occupied / "landing"))

    assert (result.returncode, result.stderr) == (1, "")
    assert "cannot be written" in result.stdout


# --- Twins and declarations, as in the warehouse ---


def test_a_copy_in_another_form_is_refused(root: Path, tmp_path: Path) -> None:
    lines = [activity(f"00{number}", date=f"2024-05-01 10:0{number}:07") for number in range(1, 9)]
    land(root, write(tmp_path / "a.csv", report_text(*lines)))

    copy = write(tmp_path / "b.csv", report_text(*(line.lstrip("0") for line in lines)))
    [landing] = land(root, copy)
    assert landing.refusal is not None
    assert "8 of its 8 records are already in a.csv" in landing.refusal

    [landing] = land(root, copy, declaration=Declaration(allows_twins=True))
    assert landing.landed_count == 8


def declare(root: Path, *paths: Path, given: Given | None = None) -> Declaration:
    return declare_in(root, given or Given(), list(paths), Console(file=io.StringIO()))


def test_what_was_declared_holds_and_is_corrected(root: Path, tmp_path: Path) -> None:
    times = "select distinct occurred_at::varchar from raw.activities order by 1"
    paths = [write(tmp_path / f"{day}.csv", report_text(activity("1", date=f"{day}/3/2024 10:00"))) for day in (4, 5)]
    land(root, paths[0], declaration=declare(root, given=Given("north", "Asia/Tokyo", "dd/MM/yyyy")))
    land(root, paths[1], declaration=declare(root))
    with landed(root) as found:
        assert rows(found, times) == ["2024-03-04 01:00:00", "2024-03-05 01:00:00"]

    again = Given("north", date_format="MM/dd/yyyy")
    with pytest.raises(WarehouseError, match="DECLARE=again"):
        declare(root, *paths, given=again)
    land(root, *paths, declaration=declare(root, *paths, given=replace(again, declare="again")))

    with landed(root) as found:
        assert rows(found, times) == ["2024-04-03 01:00:00", "2024-05-03 01:00:00"]
        assert rows(found, "select count(*) from raw.activities") == [2]
    land(root, paths[0], declaration=declare(root, given=Given("south", date_format="MM/dd/yyyy", declare="again")))
    with landed(root) as found:
        assert rows(found, "select site_id from raw.reports order by 1") == ["north", "south"]


def a_day(folder: Path, day: str) -> Path:
    return write(folder / f"{day}.csv", report_text(activity(day, date=f"2024-05-0{day} 10:00:00")))


class Killed(BaseException):
    """As if the process ended."""


@pytest.fixture(scope="module")
def three_days(once: Once) -> Path:
    """A landing of two days and of a third whose zone was declared for it alone, in a folder with the reports."""

    def make(folder: Path) -> None:
        paths = [a_day(folder, day) for day in "678"]
        root = folder / "landing"
        land(root, *paths[:2], declaration=declare(root))
        land(root, paths[2], declaration=declare(root, given=Given(time_zone="UTC", declare="once")))

    return once("three days", make)


@pytest.mark.parametrize("count", range(10))
def test_the_next_landing_completes_one_that_was_killed(
    three_days: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    shutil.copytree(three_days, tmp_path, dirs_exist_ok=True)
    root, paths = tmp_path / "landing", [tmp_path / f"{day}.csv" for day in "678"]
    again = Given(time_zone="Asia/Tokyo", declare="again")
    with monkeypatch.context() as killing, suppress(Killed):
        placed = itertools.count()

        def place_or_end(file: Path, folder: Path) -> None:
            if next(placed) == count:
                raise Killed
            place(file, folder)

        killing.setattr(parquet_landing, "place", place_or_end)
        killing.setattr(parquet_layout, "place", place_or_end)
        land(root, *paths, declaration=declare(root, *paths, given=again))

    land(root, *paths, declaration=declare(root, *paths))

    with landed(root) as found:
        times = rows(found, "select strftime(occurred_at, '%d %H') from raw.activities order by 1")
        zones = rows(found, "select value from raw.declarations")
    # Until its declaration has its place nothing is declared.
    declared = (["06 01", "07 01", "08 10"], ["Asia/Tokyo"])
    assert (times, zones) == (declared if count > 3 else (["06 10", "07 10", "08 10"], []))


def test_a_first_landing_that_was_killed_has_not_forgotten_its_zone(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [a_day(tmp_path, day) for day in "67"]
    declaration = declare(root, given=Given(time_zone="Asia/Tokyo"))

    def put_and_end(*arguments: Any) -> None:
        parquet_layout.put(*arguments)
        raise Killed

    with monkeypatch.context() as killing, suppress(Killed):
        killing.setattr(parquet_landing, "put", put_and_end)
        land(root, *paths, declaration=declaration)
    land(root, *paths, declaration=declare(root))

    with landed(root) as found:
        assert rows(found, "select distinct time_zone from raw.reports") == ["Asia/Tokyo"]


def test_a_landing_is_corrected_by_what_its_records_leave_open(root: Path, tmp_path: Path) -> None:
    dates = {"open": "05/06/2024", "clear": "20/06/2024", "open too": "07/07/2024"}
    first = write(tmp_path / "a.csv", report_text(*(activity("1", name, f"{at} 10:00") for name, at in dates.items())))
    second = write(tmp_path / "b.csv", report_text(activity("2", date="05/06/2024 11:00")))
    text = report_text(activity("3", "hello", "2024-08-01 10:00:00"), activity("3", "Čau", "2024-08-01 10:00:00"))
    third = write(tmp_path / "c.csv", text.encode("cp1250"))
    late = [activity("4", date=f"{at} 10:00:00") for at in ("2024-08-02", FUTURE)]
    paths = [first, second, third, write(tmp_path / "d.csv", report_text(*late))]
    given = Given(date_format="dd/MM/yyyy", encoding="utf-8")
    assert [one.rejected_count for one in land(root, *paths, declaration=declare(root, given=given))] == [0, 0, 1, 1]

    again = Given(date_format="MM/dd/yyyy", encoding="cp1250", max_date=FUTURE, declare="again")
    with pytest.raises(WarehouseError, match=r"^b\.csv, c\.csv must be loaded again"):
        declare(root, first, given=again)
    landings = land(root, *paths, declaration=declare(root, *paths, given=again))

    assert [one.already_landed_as for one in landings] == ["a.csv", None, None, None]
    assert [one.landed_count for one in landings] == [0, 1, 2, 2]
    with landed(root) as found:
        assert rows(found, "select occurred_at::date::varchar from raw.activities where user_id = '2'") == [
            "2024-05-06"
        ]
        assert rows(found, "select count(*) from raw.report_declarations") == [0]


@pytest.mark.parametrize("jobs", [1, 2])
def test_all_new_files_are_named_where_their_site_is_not_clear(root: Path, tmp_path: Path, jobs: int) -> None:
    paths = [write(tmp_path / f"{user}.csv", report_text(activity(user))) for user in "1234"]
    land(root, paths[0], declaration=declare(root, given=Given("academy")))
    land(root, paths[1], declaration=declare(root, given=Given("north")))
    with pytest.raises(WarehouseError, match=r"/3\.csv, \S*/4\.csv are new, .* REPORTS=\S*/3\.csv and SITE=academy or"):
        land(root, *paths, declaration=declare(root), jobs=jobs)


def test_what_was_rejected_as_a_whole_is_read_again(root: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", report_text(activity("1", date="20m03d05")))
    # Times of the first day of 1900 are impossible.
    [landing] = land(root, path, declaration=Declaration(date_format="%Hm%Md%S"))
    assert (landing.landed_count, landing.rejected_count) == (0, 1)

    [landing] = land(root, path, declaration=Declaration(date_format="%ym%md%d"))

    assert (landing.landed_count, landing.rejected_count) == (1, 0)
    with landed(root) as found:
        assert rows(found, "select count(*) from raw.rejected_records") == [0]
