"""The published copy: complete, swapped in at once, and never worse than the one before."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from building.build import build
from conftest import Project, open_elsewhere
from landing.outcome import Given
from landing.parquet import writing
from loader_fixtures import rows, write
from page.write_page import require_place_for_page
from publishing.parquet import publish_to_parquet
from publishing.publish import publish
from warehouse.copies import PUBLISHED, SHARED, Mark, page_mark, write_mark
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.files import replace_file
from warehouse.locks import only_writer
from warehouse.paths import PROJECT_ROOT, marts_path
from warehouse.raw_tables import prepare_raw
from warm_start import run_warm

pytestmark = pytest.mark.slow

MARTS = """
create schema marts;
create table marts.dim_users as select 'u' || i as user_id, 'zürich ''n'' "x"' as city from range(1000) as r(i);
create table marts.fct_activities as
    select i as activity_key, timestamp '2024-05-01' + to_seconds(i) as occurred_at, i / 3.0 as points,
        case when i % 7 > 0 then i end as content_id, [i, 1] as pair
    from range(50000) as r(i);
create table marts."select" (nothing varchar);
create schema restricted;
create table restricted.user_details as select 'Ann' as first_name;
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse with its marts, for each test to copy."""
    folder = tmp_path_factory.mktemp("made")
    with connect(folder / "activity.duckdb") as connection:
        connection.execute("create schema raw; create table raw.activities as select 1 as secret")
    with connect(marts_path(folder / "activity.duckdb")) as connection:
        connection.execute(MARTS)
    return folder


@pytest.fixture
def warehouse(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "activity.duckdb"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "it's published.duckdb"


@pytest.fixture(autouse=True)
def no_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBLISHED_MODE", raising=False)


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(path, read_only=True) as connection:
        yield connection


def replace_users(warehouse: Path, city: str) -> None:
    with connect(marts_path(warehouse)) as connection:
        connection.execute("create or replace table marts.dim_users as select 'u1' as user_id, ? as city", [city])


def cities(path: Path) -> list[object]:
    with reading(path) as connection:
        return rows(connection, "select distinct city from marts.dim_users")


def leftovers(published: Path) -> list[str]:
    return sorted(path.name for path in published.parent.iterdir() if path.name != published.name)


def test_the_copy_is_the_file_of_the_marts(warehouse: Path, published: Path) -> None:
    assert publish(warehouse, published) == 4

    assert published.read_bytes() == marts_path(warehouse).read_bytes()
    with reading(published) as connection:
        assert rows(connection, "select count(*) from marts.fct_activities") == [50000]
        assert rows(connection, "select first_name from restricted.user_details") == ["Ann"]
        assert rows(connection, "select count(*) from duckdb_schemas() where schema_name = 'raw'") == [0]


def test_what_a_killed_build_left_in_the_log_is_published(warehouse: Path, published: Path) -> None:
    insert = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        """c.execute("insert into marts.dim_users values ('late', 'Bern')"); os._exit(9)"""
    )
    marts = marts_path(warehouse)
    subprocess.run([sys.executable, "-c", insert, str(marts)], check=False)
    assert marts.with_name(f"{marts.name}.wal").exists()

    publish(warehouse, published)

    with reading(published) as connection:
        assert rows(connection, "select city from marts.dim_users where user_id = 'late'") == ["Bern"]


def test_a_mart_that_is_a_view_is_refused(warehouse: Path, published: Path) -> None:
    with connect(marts_path(warehouse)) as connection:
        connection.execute("create view marts.fct_views as select 1 as i")

    with pytest.raises(WarehouseError, match=r"^fct_views would read the warehouse.*make it a table"):
        publish(warehouse, published)
    assert not published.exists()


def test_the_copy_opens_read_only_in_the_format_of_older_drivers(sample_project: Project) -> None:
    with reading(sample_project.published) as connection:
        [tags] = rows(connection, "select tags from duckdb_databases() where not internal")
        assert tags["storage_version"].startswith("v1.3.0")
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("create table marts.more as select 1 as i")


def test_a_second_publication_replaces_the_first(warehouse: Path, published: Path) -> None:
    publish(warehouse, published)
    replace_users(warehouse, "Bern")
    publish(warehouse, published)

    assert cities(published) == ["Bern"]
    assert leftovers(published) == []


def test_who_has_the_old_copy_open_goes_on_reading_it(warehouse: Path, published: Path) -> None:
    publish(warehouse, published)
    with reading(published) as reader:
        replace_users(warehouse, "Bern")
        publish(warehouse, published)

        assert rows(reader, "select count(*) from marts.dim_users where city like 'zürich%'") == [1000]
        assert rows(reader, "select sum(activity_key) from marts.fct_activities") == [1249975000]
    assert cities(published) == ["Bern"]


def test_the_copy_takes_its_name_only_when_it_is_whole(
    warehouse: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(warehouse, published)
    replace_users(warehouse, "Bern")
    copy = shutil.copyfile
    seen: list[object] = []

    def watched(marts: Path, target: Path) -> None:
        copy(marts, target)
        seen.extend(cities(published))

    monkeypatch.setattr(shutil, "copyfile", watched)
    publish(warehouse, published)

    assert [str(city)[:6] for city in seen] == ["zürich"]
    assert cities(published) == ["Bern"]


def fail_midway(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_and_fail(_: Path, target: Path) -> None:
        write(target, b"half a file")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", copy_and_fail)


def test_a_failed_publication_keeps_the_old_copy(
    warehouse: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(warehouse, published)
    replace_users(warehouse, "Bern")
    with monkeypatch.context() as failing:
        fail_midway(failing)
        with pytest.raises(WarehouseError, match=r"cannot be written: the disk is full\. Fix: free some space"):
            publish(warehouse, published)
    assert str(cities(published)[0]).startswith("zürich")

    publish(warehouse, published)
    assert cities(published) == ["Bern"]
    assert leftovers(published) == []


def test_a_failed_publication_leaves_no_unfinished_file(
    warehouse: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(warehouse, published)
    fail_midway(monkeypatch)
    with pytest.raises(WarehouseError):
        publish(warehouse, published)

    assert leftovers(published) == []


def test_what_a_killed_publication_left_is_written_over(warehouse: Path, published: Path) -> None:
    kill = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('create schema marts; create table marts.stale as select 1 as i'); os._exit(9)"
    )
    published.parent.mkdir()
    subprocess.run([sys.executable, "-c", kill, f"{published}.unfinished"], check=False)
    assert leftovers(published) != []

    publish(warehouse, published)

    with reading(published) as connection:
        assert "stale" not in rows(connection, "select table_name from duckdb_tables()")
    assert leftovers(published) == []


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_copy_is_for_its_owner_unless_it_is_opened_and_stays_open_until_it_is_closed(
    warehouse: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.parent.mkdir(mode=0o700)
    publish(warehouse, published)
    assert (mode_of(published), mode_of(published.parent)) == (0o600, 0o700)
    assert (mode_of(warehouse), mode_of(marts_path(warehouse))) == (0o600, 0o600)

    monkeypatch.setenv("PUBLISHED_MODE", "644")
    publish(warehouse, published)
    assert (mode_of(published), mode_of(published.parent)) == (0o644, 0o711)

    monkeypatch.delenv("PUBLISHED_MODE")
    publish(warehouse, published)
    assert mode_of(published) == 0o644

    monkeypatch.setenv("PUBLISHED_MODE", "0600")
    publish(warehouse, published)
    assert mode_of(published) == 0o600


@pytest.mark.parametrize("mode", ["0666", "0755", "rw", " "])
def test_a_mode_that_lets_others_write_or_is_none_is_refused(
    warehouse: Path, published: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("PUBLISHED_MODE", mode)
    with pytest.raises(WarehouseError, match=r"PUBLISHED_MODE.*(is not possible|is blank)"):
        publish(warehouse, published)
    assert not published.exists()


def test_marts_that_are_damaged_do_not_replace_a_good_copy(warehouse: Path, published: Path) -> None:
    publish(warehouse, published)
    before = published.read_bytes()
    marts = marts_path(warehouse)
    damaged = bytearray(before)
    # The blocks of data, behind the headers; the catalogue stays readable where it is at the end.
    for place in range(0x3000 + 100, len(damaged) - 0x40000, 0x40000):
        damaged[place : place + 64] = bytes(64)
    marts.write_bytes(damaged)

    with pytest.raises(WarehouseError, match=r"(is damaged|cannot be opened)"):
        publish(warehouse, published)
    assert published.read_bytes() == before
    assert leftovers(published) == []


@pytest.mark.parametrize("name", ["foo.csv", "foo.parquet", "foo"])
def test_a_name_of_another_kind_of_file_is_refused(warehouse: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(WarehouseError, match=r"would be a DuckDB file.*TARGET=folder/.*make export"):
        publish(warehouse, tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("content", ["a letter", "another database", "a warehouse"])
def test_what_is_no_copy_is_not_replaced(warehouse: Path, tmp_path: Path, content: str) -> None:
    target = tmp_path / "target.duckdb"
    if content == "a letter":
        write(target, b"Dear sir or madam, " * 500)
    else:
        with connect(target) as connection:
            schema = "raw" if content == "a warehouse" else "main"
            connection.execute(f"create schema if not exists {schema}; create table {schema}.mine as select 1 as i")
    before = target.read_bytes()
    with pytest.raises(WarehouseError, match=r"target\.duckdb .*Fix: "):
        publish(warehouse, target)
    assert target.read_bytes() == before


def test_who_comes_second_is_told_who_is_first(
    warehouse: Path, published: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hold = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from warehouse.locks import only_writer\n"
        "with only_writer(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    publish(warehouse, published)
    for held in (warehouse, published):
        with subprocess.Popen(
            [sys.executable, "-c", hold, str(held), str(PROJECT_ROOT / "scripts")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other:
            assert other.stdout is not None and other.stdin is not None
            assert other.stdout.readline() == "held\n"
            said = rf"is in use by process {other.pid} \(-c, since \d\d:\d\d:\d\d UTC\)\. Fix: wait"
            with pytest.raises(WarehouseError, match=said), only_writer(held, patience=0):
                pass
            if held == warehouse:
                # Before it lands anything or calls dbt.
                with pytest.raises(WarehouseError, match=said):
                    build(warehouse, published, [], Given(), Console())
                with pytest.raises(WarehouseError, match=said):
                    publish(warehouse, published)
            # A killed command holds nothing.
            other.kill()
        publish(warehouse, published)
    assert leftovers(published) == []


def test_a_full_or_read_only_disk_is_said_and_not_that_nothing_could_be_removed(
    warehouse: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(warehouse, published)

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(shutil, "copyfile", read_only)
    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(WarehouseError, match=r"cannot be written: the disk is read-only\. Fix"):
        publish(warehouse, published)


def test_no_warehouse_is_said_with_a_fix(tmp_path: Path, published: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no warehouse at .*none\.duckdb.*Fix: make build"):
        publish(tmp_path / "none.duckdb", published)
    assert not published.exists()


@pytest.mark.parametrize("schema", [None, "other", "marts"])
def test_a_warehouse_without_marts_is_said_and_keeps_the_old_copy(
    warehouse: Path, published: Path, tmp_path: Path, schema: str | None
) -> None:
    publish(warehouse, published)
    young = tmp_path / "young.duckdb"
    connect(young).close()
    if schema:
        with connect(marts_path(young)) as marts:
            marts.execute(f"create schema {schema}; create table main.other as select 1 as i")

    with pytest.raises(WarehouseError, match=r"no marts yet\. Fix: .*dbt build"):
        publish(young, published)
    assert str(cities(published)[0]).startswith("zürich")


def test_a_file_that_is_no_warehouse_is_said(tmp_path: Path, published: Path) -> None:
    with pytest.raises(WarehouseError, match="not a valid DuckDB database"):
        publish(write(tmp_path / "letter.duckdb", b"Dear sir or madam, " * 500), published)
    assert not published.exists()


@pytest.mark.parametrize("place", ["a directory", "below a file"])
def test_a_place_that_cannot_be_written_is_said(warehouse: Path, tmp_path: Path, place: str) -> None:
    target = tmp_path / "target.duckdb"
    if place == "a directory":
        target.mkdir()
    else:
        target = write(target, b"a file") / "published.duckdb"

    with pytest.raises(WarehouseError, match=r"target\.duckdb.* cannot be written"):
        publish(warehouse, target)


def test_a_warehouse_in_use_by_another_process_is_said(warehouse: Path, published: Path) -> None:
    publish(warehouse, published)
    with open_elsewhere(warehouse), pytest.raises(WarehouseError, match="in use by another process"):
        publish(warehouse, published)

    assert str(cities(published)[0]).startswith("zürich")


def test_nothing_that_names_people_is_written_inside_a_shared_copy(warehouse: Path, tmp_path: Path) -> None:
    shared = tmp_path / "sp"
    (shared / "marts").mkdir(parents=True)
    (shared / "about_this_copy.json").write_text('{"kind": "shared"}')
    (tmp_path / "link").symlink_to(shared / "marts")
    publish(warehouse, tmp_path / "published.duckdb")
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text(f"<html>{page_mark(SHARED)}</html>")
    for folder in (shared, shared / "marts", tmp_path / "link", tmp_path / "page"):
        with pytest.raises(WarehouseError, match=r"holds a shared copy.* Fix: "):
            publish(warehouse, folder / "x.duckdb")
        with pytest.raises(WarehouseError, match=r"holds a shared copy.* Fix: "):
            publish_to_parquet(tmp_path / "published.duckdb", folder)
        with pytest.raises(WarehouseError, match=r"holds a shared copy.* Fix: "):
            require_place_for_page(folder / "other.html", PUBLISHED)
        # Whatever a command writes, such as exports, evidence and certificates, and the warehouse itself.
        with pytest.raises(WarehouseError, match=r"holds a shared copy.* Fix: "):
            replace_file(folder / "x.csv", lambda path: path.write_text("Ann"))
        with pytest.raises(WarehouseError, match=r"holds a shared copy.* Fix: "):
            build(folder / "x.duckdb", tmp_path / "published.duckdb", [], Given(None), Console())
        with pytest.raises(WarehouseError, match=r"holds a shared copy.* Fix: "), writing(folder):
            pass
    require_place_for_page(shared / "index.html", SHARED)
    replace_file(shared / "marts" / "x.csv", lambda path: path.write_text("p_1"), kind=SHARED)
    assert sorted(path.name for path in shared.rglob("*")) == ["about_this_copy.json", "marts", "x.csv"]


@pytest.mark.parametrize("kind", [PUBLISHED, SHARED])
def test_no_record_is_loaded_into_a_copy(tmp_path: Path, kind: str) -> None:
    with connect(tmp_path / "handed_on.duckdb") as connection:
        write_mark(connection, Mark(kind))
        with pytest.raises(WarehouseError, match=r"handed_on.duckdb is a copy of the marts.* Fix: another WAREHOUSE"):
            prepare_raw(connection)
        assert connection.execute("select schema_name from duckdb_tables()").fetchall() == [("main",)]


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("README.md", "# text", PUBLISHED, "is not a page"),
        ("notes.html", "no markup", PUBLISHED, "is not a page"),
        ("a.html", '<html><meta name="juno-copy" content="shared">', PUBLISHED, "is the page of a shared copy"),
        ("a.html", '<html><meta name="juno-copy" content="published">', SHARED, "is the page of a published copy"),
    ],
)
def test_a_page_replaces_only_a_page_of_its_kind(tmp_path: Path, name: str, content: str, kind: str, said: str) -> None:
    with pytest.raises(WarehouseError, match=rf"{said}.* Fix: "):
        require_place_for_page(write(tmp_path / name, content), kind)


def test_a_link_to_itself_and_the_root_are_no_place_for_a_traceback(warehouse: Path, tmp_path: Path) -> None:
    loop = tmp_path / "loop.duckdb"
    loop.symlink_to(loop)
    assert publish(warehouse, loop) == 4
    with pytest.raises(WarehouseError, match=r"cannot be a folder of Parquet files. Fix: "):
        publish_to_parquet(loop, Path("/"))


def test_nothing_is_replaced_by_its_own_copy(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "link.duckdb").symlink_to(warehouse)
    for target in (warehouse, marts_path(warehouse), tmp_path / "link.duckdb"):
        with pytest.raises(WarehouseError, match="another PUBLISHED_PATH"):
            publish(warehouse, target)
    with reading(warehouse) as connection:
        assert rows(connection, "select secret from raw.activities") == [1]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("activity.duckdb", 0, "4 marts published in"), ("none.duckdb", 1, "there is no warehouse at")],
)
def test_the_command_tells_what_it_did_and_exits_accordingly(
    warehouse: Path, published: Path, name: str, code: int, said: str
) -> None:
    options = ["--database", str(warehouse.with_name(name)), "--target", str(published)]
    done = run_warm(["scripts/publish.py", *options], PROJECT_ROOT, os.environ, needs_dbt=False)

    assert done.returncode == code
    assert said in done.stdout
    assert "Traceback" not in done.stderr
    assert published.exists() == (code == 0)
