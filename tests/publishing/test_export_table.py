"""Tables exported for a spreadsheet: the same rows, and no text that it would run as a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from publishing.export_table import export
from warehouse.database import connect
from warehouse.errors import WarehouseError

TEXTS = [
    ("=1+1", "'=1+1"),
    ("+41 44", "'+41 44"),
    ("-2", "'-2"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("  =cmd|'/c calc'!A1", "'  =cmd|'/c calc'!A1"),
    ("\t=1", "'\t'=1"),
    ("＝1+1", "'＝1+1"),
    ("a=1", "a=1"),
    ("a;=1+1", "a;'=1+1"),
    ("a; @sum(1)", "a;' @sum(1)"),
    ("a\t=1\n+2", "a\t'=1\n'+2"),
    ("=1;=2", "'=1;'=2"),
    ("a - b; c", "a - b; c"),
    # A spreadsheet that splits at semicolons begins a cell with quotation marks there, and runs what follows them.
    ('a;"=1+1"', 'a;\'"=1+1"'),
    ('"=1+1', "'\"=1+1"),
    ("a;\u200b\u00a0=1", "a;'\u200b\u00a0=1"),
    ("\ufeff=1", "'\ufeff=1"),
    ("\u3000@sum(1)", "'\u3000@sum(1)"),
    ("\x0b\x1f=1", "'\x0b\x1f=1"),
    ("﹦1﹢1", "'﹦1﹢1"),
    ("a\r\n-2", "a\r\n'-2"),
    ("a\n\n =1", "a\n\n' =1"),
    ("a; \n=1", "a; \n'=1"),
    ('say "no" - or "yes"', 'say "no" - or "yes"'),
    ("100 %; 50 %", "100 %; 50 %"),
    ("'=1", "'=1"),
    ('say "hi", ü\nand go', 'say "hi", ü\nand go'),
    ("", ""),
]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "copy.duckdb"
    with connect(path) as connection:
        connection.execute('create schema marts; create table marts."odd ""name" (number int, "the ""text" varchar)')
        rows = [(-number, text) for number, (text, _) in enumerate(TEXTS)]
        connection.executemany('insert into marts."odd ""name" values (?, ?)', rows)
    return path


def test_texts_that_a_spreadsheet_would_run_are_marked_as_texts_and_all_others_are_as_they_were(
    published: Path, tmp_path: Path
) -> None:
    target = tmp_path / "it's.csv"
    count = export('marts.odd "name', tmp_path / "none.duckdb", published, target)

    # Excel reads other letters without this sign.
    assert target.read_bytes().startswith(b"\xef\xbb\xbfnumber,")
    with target.open(newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    assert header == ["number", 'the "text']
    assert rows == [[str(-number), safe] for number, (_, safe) in reversed(list(enumerate(TEXTS)))]
    assert count == len(TEXTS)


def test_texts_in_lists_and_structures_are_marked_too(tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    with connect(copy) as connection:
        connection.execute("create schema site; create table site.t as select ['a;=1+1'] as l, {'x': 'b;@sum(1)'} as s")
    export("site.t", tmp_path / "none.duckdb", copy, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8-sig") as file:
        [_, cells] = csv.reader(file)
    assert [cell for cell in cells if ";=" in cell or ";@" in cell] == []
    assert all(";'" in cell for cell in cells)


def test_a_table_without_rows_is_its_header(published: Path, tmp_path: Path) -> None:
    with connect(published) as connection:
        connection.execute('create table marts.none as from marts."odd ""name" where false')
    assert export("marts.none", tmp_path / "none.duckdb", published, tmp_path / "t.csv") == 0
    assert (tmp_path / "t.csv").read_text(encoding="utf-8-sig") == 'number,"the ""text"\n'


def test_an_unknown_table_is_said_with_the_known_ones_and_the_old_file_stays(published: Path, tmp_path: Path) -> None:
    target = tmp_path / "old.csv"
    target.write_text("old")
    with pytest.raises(WarehouseError, match=r"no table marts\.x.*marts\.odd"):
        export("marts.x", tmp_path / "none.duckdb", published, target)
    with pytest.raises(WarehouseError, match="Fix: make build"):
        export("raw.rejected_records", tmp_path / "none.duckdb", published, target)

    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.duckdb", "old.csv"]
