"""How the warehouse file is opened."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import typer
import yaml

from building.dbt import run_dbt
from declarations import by_name
from loader_fixtures import rows
from warehouse import copies, files
from warehouse.command_line import errors_said, run_command
from warehouse.copies import read_every_block, require_place_of_warehouse
from warehouse.database import BLOCK_SIZE, connect, looked_into
from warehouse.errors import WarehouseError
from warehouse.files import attach_new, remove_database, replace_file
from warehouse.locks import require_shared_locks
from warehouse.paths import PROJECT_ROOT, published_path, warehouse_path
from warehouse.raw_tables import RAW_TABLES, prepare_raw
from warehouse.visible import SafeConsole


@pytest.mark.parametrize("read_only", [False, True])
def test_times_are_utc_whatever_the_zone_of_the_machine(tmp_path: Path, read_only: bool) -> None:
    connect(tmp_path / "activity.duckdb").close()
    with connect(tmp_path / "activity.duckdb", read_only=read_only) as connection:
        assert rows(connection, "select cast(timestamptz '2026-05-12 10:00:00+02:00' as timestamp)::varchar") == [
            "2026-05-12 08:00:00"
        ]


def test_a_look_leaves_the_file_to_others_whatever_happens(tmp_path: Path) -> None:
    one, two, damaged = (tmp_path / name for name in ("one.duckdb", "it's two.duckdb", "damaged.duckdb"))
    for path in (one, two):
        with connect(path) as connection:
            connection.execute("create table t as select ? as name", [path.name])
    damaged.write_bytes(one.read_bytes()[:9_000])

    with looked_into(one) as first, looked_into(two) as second:
        assert [rows(look, "from t") for look in (first, second)] == [[one.name], [two.name]]
        assert rows(first, "select current_setting('TimeZone')") == ["UTC"]
    with pytest.raises(WarehouseError, match="what is missing"), looked_into(one):
        raise WarehouseError("what is missing")
    for path in (damaged, tmp_path / "none.duckdb"):
        with pytest.raises(WarehouseError, match=path.name), looked_into(path):
            pytest.fail("it was opened")
    with pytest.raises(duckdb.Error), looked_into(one) as look:
        look.execute("begin; from nowhere")

    for path in (one, two):
        with connect(path) as connection:
            connection.execute("insert into t values ('later')")
        with looked_into(path) as look:
            assert rows(look, "from t") == [path.name, "later"]


def test_the_sources_declare_the_tables_that_the_loader_makes(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(RAW_TABLES)
    made = warehouse.execute(
        "select table_name, list((column_name, data_type) order by column_index) from duckdb_columns()"
        " where schema_name = 'raw' group by 1"
    ).fetchall()
    # On Spark the tables are made of what is declared (macros/engine_statements.sql).
    reported = {
        table["name"]: [
            (column["name"], column["data_type"].replace("string", "varchar").upper()) for column in table["columns"]
        ]
        for table in by_name("sources")["raw"]["tables"]
    }
    assert reported == dict(made)


def test_a_new_warehouse_has_what_an_older_one_is_brought_to(
    warehouse: duckdb.DuckDBPyConnection, instance: duckdb.DuckDBPyConnection
) -> None:
    """The first gets the statements of raw_tables.sql that create something, and no other."""

    def made(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
        return connection.execute(
            "select table_name, column_name, data_type, is_nullable, column_index from duckdb_columns()"
            " where schema_name = 'raw' and database_name = current_database() order by all"
        ).fetchall()

    prepare_raw(warehouse)
    with instance.cursor() as older:
        older.execute("attach ':memory:' as older; use older")
        older.execute(RAW_TABLES)
        expected = made(older)
        older.execute("use memory; detach older")
    assert len(expected) > 100
    assert made(warehouse) == expected
    prepare_raw(warehouse)
    assert made(warehouse) == expected


@pytest.mark.parametrize("log", [".wal", ".wal.checkpoint", ".wal.recovery"])
def test_a_file_is_removed_with_each_log_of_it(tmp_path: Path, log: str) -> None:
    """DuckDB would read the log of the old file into the new one."""
    path, kept = tmp_path / "activity.duckdb.marts", tmp_path / f"activity.duckdb{log}"
    for file in (path, Path(f"{path}{log}"), kept):
        file.touch()
    remove_database(path)
    assert [*tmp_path.iterdir()] == [kept]


@pytest.fixture
def umask() -> Iterator[None]:
    """The umask as it was before, which a command changes."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EROFS, "Read-only file system", "/x/y"), "Not done: /x/y: the disk is read-only. Fix: "),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x/y"),
            "Not done: /x/y: your user may not do that (Permission",
        ),
        (duckdb.IOException('Cannot open file "/x": Permission denied'), "Not done: your user may not do that (Perm"),
        (MemoryError(), "The memory is used up. Fix: "),
        (duckdb.IOException(""), "Not done: IOException."),
        (WarehouseError("no. Fix: yes"), "no. Fix: yes"),
    ],
)
@pytest.mark.usefixtures("umask")
def test_no_error_of_disk_or_memory_ends_in_a_traceback(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def main() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["share.py"])
    for target in ("", "share"):
        with pytest.raises(SystemExit) as ended:
            run_command(main, target)
        assert ended.value.code == 1
        assert capsys.readouterr().out.startswith(said)


@pytest.mark.usefixtures("umask")
def test_what_a_command_writes_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def main() -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").touch()

    monkeypatch.setattr(sys, "argv", ["share.py"])
    with pytest.raises(SystemExit):
        run_command(main, "share")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("folder", "file")] == [0o700, 0o600]


ENDING = """
import atexit, sys
from warehouse.command_line import AtTheEnd, run_command

class Object:
    def __del__(self):
        print("freed")

made = Object()
AtTheEnd.frees_objects = sys.argv.pop(1) == "frees"
atexit.register(print, "cleared")

def main(code: int):
    print("done")
    raise SystemExit(code) if code else SystemExit

run_command(main, "build")
"""


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize(("ending", "after"), [("frees", ["cleared", "freed"]), ("at once", ["cleared"])])
def test_a_command_that_ran_dbt_does_all_but_free_its_objects(ending: str, after: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING, ending, str(code)],
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (code, ["done", *after], "")


PRINTING = """
import typer
from warehouse.command_line import run_command
from warehouse.visible import SafeConsole

def main():
    SafeConsole().print("1 record \u2026 \u2192 \U0001f600")
    typer.echo("\u2192")

run_command(main)
"""


def test_a_terminal_that_lacks_a_letter_ends_no_command() -> None:
    """A redirected output on Windows has the encoding of its country."""
    done = subprocess.run(
        [sys.executable, "-c", PRINTING],
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "scripts"), "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    said = done.stdout.decode("cp1252").splitlines()
    assert (done.returncode, done.stderr, said) == (0, b"", ["1 record \u2026 \\u2192 \\U0001f600", "\\u2192"])


def test_a_blank_path_is_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", " ")
    with pytest.raises(WarehouseError, match=r"PUBLISHED_PATH is blank\. Nothing was done\. Fix: "):
        published_path()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes of a name")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("loop", "is no place of a file: the path leads through a link to itself. Fix: "),
        ("loop/a.duckdb", "is no place of a file: the path leads through a link to itself. Fix: "),
        ("file/a.duckdb", "is no place of a file: a part of the path is a file, and no folder. Fix: "),
        ("folder.duckdb", "is a folder. Nothing was done. Fix: "),
        ("pipe.duckdb", "is no ordinary file. Nothing was done. Fix: "),
    ],
)
def test_a_path_to_no_file_is_said_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    """One that leads round in a circle was a traceback, and a pipe was waited for."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").touch()
    (tmp_path / "folder.duckdb").mkdir()
    os.mkfifo(tmp_path / "pipe.duckdb")
    path = tmp_path / name
    for setting, get in (("WAREHOUSE_PATH", warehouse_path), ("PUBLISHED_PATH", published_path)):
        monkeypatch.setenv(setting, str(path))
        with pytest.raises(WarehouseError, match=re.escape(f"{setting}={path} {said}")):
            get()
    with pytest.raises(WarehouseError, match=re.escape(said)):
        require_place_of_warehouse(path)


@pytest.mark.parametrize("name", ["a.duckdb", "none/a.duckdb", "dangling.duckdb"])
def test_a_path_may_lead_to_a_file_that_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "dangling.duckdb").symlink_to(tmp_path / "elsewhere.duckdb")
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / name))
    assert warehouse_path() == tmp_path / name


def test_a_machine_without_shared_locks_is_said_before_the_marts_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without /dev/shm dbt said that there is no such file or directory, after the old marts were removed."""

    def refused() -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr("multiprocessing.Lock", refused)
    said = r"share no lock here: No such file or directory\. Fix: see that /dev/shm is there"
    with pytest.raises(WarehouseError, match=said):
        run_dbt(tmp_path / "none.duckdb", SafeConsole())
    monkeypatch.undo()
    require_shared_locks()


def test_an_error_of_a_path_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(typer.Exit), errors_said(SafeConsole(), "Not done"):
        (tmp_path / "file" / "a.csv").read_text()
    said = capsys.readouterr().out
    assert said.startswith(f"Not done: {tmp_path}/file/a.csv: a part of the path is a file, and no folder. Fix: ")


def test_new_files_have_small_blocks(tmp_path: Path) -> None:
    """The warehouse, what dbt makes, and a copy: a small table takes 64 KB in each, and not 256."""
    with connect(tmp_path / "activity.duckdb") as connection:
        attach_new(connection, tmp_path / "copy.duckdb", "copy")
        connection.execute("create table main.a as select 1 as b; create table copy.a as select 1 as b")
        sizes = connection.execute("select distinct block_size from pragma_database_size()").fetchall()
    profile = yaml.safe_load((PROJECT_ROOT / "profiles.yml").read_text())["juno_activity"]["outputs"]["duckdb"]
    assert sizes == [(profile["config_options"]["default_block_size"],)] == [(65536,)]


# DuckDB stores these columns in different ways.
STORED = """
create schema marts;
create table marts.rows as select
    hash(i) as number,
    md5(i::varchar) as text,
    'word ' || (i % 5) as word,
    case when i % 3 = 0 then md5((i + 1)::varchar) end as sometimes,
    case when i = 4500 then repeat(md5('long'), 9000) else '' end as long,
    [hash(i + 1), hash(i + 2)] as list,
    {'number': hash(i + 3), 'text': md5((i + 4)::varchar)} as structure,
    i % 2 = 0 as flag
from range(6000) as r(i)
"""


def test_each_block_of_a_copy_is_read(tmp_path: Path) -> None:
    path = tmp_path / "copy.duckdb"
    with connect(path) as connection:
        connection.execute(f"{STORED}; checkpoint")
        blocks = rows(
            connection,
            "select distinct unnest(list_concat([block_id], additional_block_ids)) as block"
            " from pragma_storage_info('marts.rows') where block_id >= 0 order by block",
        )
    assert read_every_block(path) == {"marts.rows": 6000}
    content = path.read_bytes()
    assert len(blocks) >= 10
    for block in map(int, blocks):
        # Three headers of 4 KB are before the blocks.
        place = 0x3000 + block * BLOCK_SIZE + BLOCK_SIZE // 3
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(duckdb.Error, match="Corrupt"):
            read_every_block(path)


def test_a_copy_with_long_texts_is_read_with_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "copy.duckdb"
    with connect(path) as connection:
        connection.execute("create schema marts; create table marts.long as select repeat('x', 100000) from range(300)")
    monkeypatch.setattr(copies, "MEMORY_TO_READ", "8MB")
    assert read_every_block(path) == {"marts.long": 300}


def test_a_file_that_cannot_reach_the_disk_takes_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(files, "to_disk", fail)
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(WarehouseError, match=r"page\.html cannot be written"):
        replace_file(path, lambda unfinished: unfinished.write_text("new"), lambda _: None)
    assert path.read_text() == "old" and [file.name for file in tmp_path.iterdir()] == ["page.html"]
