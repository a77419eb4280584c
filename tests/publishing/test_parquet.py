"""Parquet files hold what the published copy holds, and take their places when all are whole."""

from __future__ import annotations

import errno
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import typer
from typer.testing import CliRunner

from conftest import Project
from publish import main
from publishing import parquet as publisher
from publishing.parquet import publish_to_parquet
from warehouse.database import connect
from warehouse.errors import WarehouseError


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return write_copy(tmp_path / "copy.duckdb", 1)


def write_copy(path: Path, marker: int) -> Path:
    path.unlink(missing_ok=True)
    with connect(path) as connection:
        connection.execute(
            f"""
            create schema marts;
            create schema restricted;
            create table marts."it's ""one"" too" as select i, {marker} as marker, 'ü' as word from range(1000) as r(i);
            create table marts.fct_activities as
                select {marker} as marker, 1.5::decimal(10, 2) as points, timestamp '2026-05-12 10:00:00' as at,
                    null::date as day, true as is_live;
            create table restricted.user_details as select {marker} as marker, 'Ann' as first_name;
            """
        )
    return path


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def markers(folder: Path) -> set[int]:
    with duckdb.connect() as connection:
        tables = [connection.read_parquet(str(path)).select("marker") for path in folder.rglob("*.parquet")]
        return {row[0] for table in tables for row in table.fetchall()}


NAMES = [
    "about_this_copy.json",
    "marts/fct_activities.parquet",
    'marts/it\'s "one" too.parquet',
    "restricted/user_details.parquet",
]


def test_every_table_of_the_sample_is_equal_in_values_and_types(sample_project: Project, tmp_path: Path) -> None:
    count = publish_to_parquet(sample_project.published, tmp_path)
    with sample_project.open() as copy, duckdb.connect() as other:
        tables = copy.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'main'"
        ).fetchall()
        assert count == len(tables) == len(list(tmp_path.rglob("*.parquet"))) > 40
        for schema, table in tables:
            seen = copy.execute(f"from {schema}.{table}")
            types = [column[:2] for column in seen.description or []]
            found = other.read_parquet(str(tmp_path / schema / f"{table}.parquet"))
            assert Counter(found.fetchall()) == Counter(seen.fetchall()), table
            assert [column[:2] for column in found.description] == types, table


def test_a_second_publication_replaces_the_first_and_leaves_what_is_not_its_own(
    published: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "a folder"
    (folder / "marts").mkdir(parents=True)
    for name in ("marts/gone.parquet", "marts/notes.txt", "mine.parquet"):
        (folder / name).write_text("old")
    assert publish_to_parquet(published, folder) == 3
    assert files(folder) == sorted([*NAMES, "marts/notes.txt", "mine.parquet"])

    (folder / "mine.parquet").unlink()
    publish_to_parquet(write_copy(published, 2), folder)
    assert markers(folder) == {2}


def test_a_failed_publication_leaves_the_old_files(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    publish_to_parquet(published, folder)
    write_copy(published, 2)

    def full(path: Path) -> None:
        if path.name == "user_details.parquet":
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as failing:
        failing.setattr(publisher, "to_disk", full)
        with pytest.raises(WarehouseError, match=r"folder cannot be written: the disk is full\. Fix"):
            publish_to_parquet(published, folder)
    assert markers(folder) == {1}
    assert files(folder) == NAMES


def test_what_a_killed_publication_left_is_cleared(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / ".unfinished" / "marts").mkdir(parents=True)
    (folder / ".unfinished" / "marts" / "half.parquet").write_text("half")
    publish_to_parquet(published, folder)
    assert files(folder) == NAMES
    assert not (folder / ".unfinished").exists()


@pytest.mark.parametrize("name", ["../escaped", "a/b", "/tmp/x"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "odd.duckdb"
    with connect(copy) as connection:
        connection.execute(f'create schema marts; create table marts."{name}" as select 1 as marker')
    with pytest.raises(WarehouseError, match="cannot be the name of a file"):
        publish_to_parquet(copy, tmp_path / "folder")
    assert files(tmp_path) == ["odd.duckdb"]


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("new/folder/", 0, "3 tables published as Parquet in new/folder/"),
        ("old", 0, "3 tables published as Parquet in old"),
        ("file/", 1, "cannot be written"),
        (
            "s3://bucket/key/",
            1,
            "nothing is known of such an address. Fix: make publish TARGET=postgresql://user@host/database",
        ),
    ],
)
def test_the_command_knows_a_folder_by_its_name(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    (tmp_path / "file").write_text("a file")
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--target", target], env={"PUBLISHED_PATH": str(published)})
    assert result.exit_code == code
    assert said in result.output
    assert (tmp_path / target / NAMES[1]).exists() == (code == 0)


def test_no_published_copy_is_said_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no published copy at .*none\.duckdb\. Fix: make build"):
        publish_to_parquet(tmp_path / "none.duckdb", tmp_path / "folder")
    assert files(tmp_path) == []
