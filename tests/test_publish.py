"""The published copy: complete, swapped in at once, and never worse than the one before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

import publish as publisher
from loader_fixtures import rows, write
from publish import publish
from warehouse import PROJECT_ROOT, WarehouseError, connect

MARTS = """
create schema marts;
create table marts.dim_users as select 'u' || i as user_id, 'zürich ''n'' "x"' as city from range(1000) as r(i);
create table marts.fct_activities as
    select i as activity_key, timestamp '2024-05-01' + to_seconds(i) as occurred_at, i / 3.0 as points,
        case when i % 7 > 0 then i end as content_id, [i, 1] as pair
    from range(50000) as r(i);
create table marts."select" (nothing varchar);
create view marts.fct_views as from marts.fct_activities where content_id is not null;
create schema raw;
create table raw.activities as select 1 as secret;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "activity.duckdb"
    with connect(path) as connection:
        connection.execute(MARTS)
    return path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "it's published.duckdb"


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(path, read_only=True) as connection:
        yield connection


def replace_users(warehouse: Path, city: str) -> None:
    with connect(warehouse) as connection:
        connection.execute("create or replace table marts.dim_users as select 'u1' as user_id, ? as city", [city])


def cities(path: Path) -> list[object]:
    with reading(path) as connection:
        return rows(connection, "select distinct city from marts.dim_users")


def leftovers(published: Path) -> list[str]:
    return sorted(path.name for path in published.parent.iterdir() if path.name != published.name)


def test_every_table_of_the_marts_is_copied_and_equal(warehouse: Path, published: Path) -> None:
    assert publish(warehouse, published) == 4

    with duckdb.connect() as both:
        both.execute(f"attach '{warehouse}' as original (read_only)")
        both.execute(f"attach '{str(published).replace(chr(39), chr(39) * 2)}' as copy (read_only)")
        tables = rows(
            both, "select schema_name, table_name from duckdb_tables() where database_name = 'copy' order by all"
        )
        names = ("dim_users", "fct_activities", "fct_views", "select")
        assert tables == [("marts", name) for name in names]
        columns = "select table_name, column_name, data_type from duckdb_columns() where database_name = '{}' and {}"
        assert rows(both, columns.format("copy", "true order by all")) == rows(
            both, columns.format("original", "schema_name = 'marts' order by all")
        )
        for _, table in tables:
            original, copy = f'original.marts."{table}"', f'copy.marts."{table}"'
            assert rows(both, f"from {original} except all from {copy}") == []
            assert rows(both, f"from {copy} except all from {original}") == []
        assert rows(both, "select count(*) from copy.marts.fct_activities") == [50000]


def test_the_copy_opens_read_only_in_the_format_of_older_drivers(warehouse: Path, published: Path) -> None:
    publish(warehouse, published)

    with reading(published) as connection:
        [tags] = rows(connection, "select tags from duckdb_databases() where not internal")
        assert tags["storage_version"].startswith("v1.2.0")
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
    copy_marts = publisher._copy_marts
    seen: list[object] = []

    def watched(connection: duckdb.DuckDBPyConnection, target: Path) -> int:
        count = copy_marts(connection, target)
        seen.extend(cities(published))
        return count

    monkeypatch.setattr(publisher, "_copy_marts", watched)
    publish(warehouse, published)

    assert [str(city)[:6] for city in seen] == ["zürich"]
    assert cities(published) == ["Bern"]


def fail_midway(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_and_fail(connection: duckdb.DuckDBPyConnection, target: Path) -> int:
        write(target, b"half a file")
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr(publisher, "_copy_marts", copy_and_fail)


def test_a_failed_publication_keeps_the_old_copy(
    warehouse: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(warehouse, published)
    replace_users(warehouse, "Bern")
    with monkeypatch.context() as failing:
        fail_midway(failing)
        with pytest.raises(WarehouseError, match=r"cannot be written: the disk is full\. Cure: free some space"):
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


def test_no_warehouse_is_said_with_a_cure(tmp_path: Path, published: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no warehouse at .*none\.duckdb.*Cure: make build"):
        publish(tmp_path / "none.duckdb", published)
    assert not published.exists()


@pytest.mark.parametrize("schema", ["raw", "marts"])
def test_a_warehouse_without_marts_is_said_and_keeps_the_old_copy(
    warehouse: Path, published: Path, tmp_path: Path, schema: str
) -> None:
    publish(warehouse, published)
    with connect(tmp_path / "young.duckdb") as young:
        young.execute(f"create schema {schema}; create table main.other as select 1 as i")

    with pytest.raises(WarehouseError, match=r"no marts yet\. Cure: .*dbt build"):
        publish(tmp_path / "young.duckdb", published)
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
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(WarehouseError, match="in use by another process"):
            publish(warehouse, published)
        other.communicate("")

    assert str(cities(published)[0]).startswith("zürich")


def test_the_warehouse_is_never_replaced_by_its_own_copy(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "link.duckdb").symlink_to(warehouse)
    for target in (warehouse, tmp_path / "link.duckdb"):
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
    command = [sys.executable, str(PROJECT_ROOT / "scripts" / "publish.py")]
    options = ["--database", str(warehouse.with_name(name)), "--target", str(published)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)

    assert done.returncode == code
    assert said in done.stdout
    assert "Traceback" not in done.stderr
    assert published.exists() == (code == 0)
