"""The Excel workbook: what openpyxl reads again is what SQL counts, and no cell is run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from conftest import Project
from publishing import workbook
from publishing.workbook import MAIN, sheet_names, write_workbook
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.mart_models import Model

TEXTS = [
    *("=1+1", "+41 44", "@SUM(A1)", "http://evil.example", "mailto:a@b.example", "{=1}", " lead", "_x0041_", "a\x07b"),
    *("internal:Sheet1!A1", "0123", "TRUE", "a\nb", "x" * 40_000, "<b>&amp;</b>", "", "日本語"),
]
MARKUP = "<r><t>bad</t></r>"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy with one table of odd values, described by a model of its own."""
    path = tmp_path / "copy.duckdb"
    with connect(path) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.odd (
                number bigint, note varchar, row_key bigint, ratio double, amount decimal(38, 2), is_so boolean,
                day date, seen_at timestamp, list varchar[], large bigint
            )
            """
        )
        for number, text in enumerate([*TEXTS, MARKUP]):
            connection.execute(
                "insert into marts.odd values (?, ?, 9007199254740993, 0.125, 1.50, true, '2026-07-01',"
                " '2026-07-01 22:30:05', ['a'], 9007199254740993)",
                [number, text],
            )
        connection.execute(
            "insert into marts.odd values"
            " (99, null, null, 'inf', null, null, '1850-01-01', '1850-01-01 10:00:00', null, 1)"
        )
    model = Model(grain=("number",), description="Odd\n  values.", descriptions={"seen_at": "Last seen (UTC)."})
    monkeypatch.setattr(workbook, "read_models", lambda: {"odd": model})
    return path


def rows_of_sheet(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    """The values of a sheet below its header."""
    book = openpyxl.load_workbook(path)
    return [tuple(cell.value for cell in row) for row in book[sheet].iter_rows(min_row=2)]


def test_a_cell_has_the_type_of_its_column_and_a_text_is_never_run(copy: Path, tmp_path: Path) -> None:
    written = write_workbook(copy, tmp_path / "book.xlsx", "Europe/Zurich", "marts.odd")
    assert (written.rows, written.left_out) == ({"marts.odd": len(TEXTS) + 2}, {})
    assert (tmp_path / "book.xlsx").stat().st_mode & 0o777 == 0o600

    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    sheet: Any = book["odd"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:J{len(TEXTS) + 3}")
    assert [cell.value for cell in sheet[1]][:3] == ["number", "note", "row_key"]
    # A key and a time can be read in full; a long text does not push the others out of sight. Print has the header.
    assert [round(sheet.column_dimensions[letter].width) for letter in "ABCHJ"] == [13, 51, 17, 21, 17]
    assert (sheet.print_title_rows, sheet.page_setup.orientation) == ("$1:$1", "landscape")
    # LibreOffice shows 1 behind an empty cell without it.
    assert sheet["F2"].number_format == '"TRUE";"TRUE";"FALSE"'
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d", "inlineStr"}
    assert [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink] == []
    rows = rows_of_sheet(tmp_path / "book.xlsx", "odd")
    # A text of 32,767 characters is the longest; openpyxl leaves the escapes of Excel in.
    expected = [text[:32_767] or None for text in TEXTS]
    assert [unescape(row[1]) or None for row in rows[: len(TEXTS)]] == expected
    assert rows[len(TEXTS)][1] == f" {MARKUP}"
    # 9007199254740993 is the first number that a spreadsheet would change.
    key = "9007199254740993"
    first = (0, "=1+1", key, 0.125, 1.5, True, datetime(2026, 7, 1), datetime(2026, 7, 2, 0, 30, 5), "['a']", key)
    assert rows[0] == first
    assert rows[-1] == (99, None, None, "inf", None, None, "1850-01-01", "1850-01-01 10:34:08", None, 1)


def test_the_definitions_are_those_of_the_yaml_in_local_time(copy: Path, tmp_path: Path) -> None:
    write_workbook(copy, tmp_path / "book.xlsx", "Europe/Zurich", "marts.odd")
    texts = rows_of_sheet(tmp_path / "book.xlsx", "definitions")
    assert texts[0][0] == "Times are in Europe/Zurich."
    assert ("odd", "", "marts.odd", "Odd values.") in texts
    assert ("odd", "seen_at", "local time", "Last seen (Europe/Zurich).") in texts
    assert ("odd", "row_key", "text (a key)", "") in texts


def test_a_table_with_too_many_rows_is_named(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)
    with pytest.raises(
        WarehouseError, match=r"marts\.odd has 19 rows.*holds 9 .*Fix: make export TABLE=marts\.odd for"
    ):
        write_workbook(copy, tmp_path / "book.xlsx", "UTC", "marts.odd")
    assert not (tmp_path / "book.xlsx").exists()
    monkeypatch.setattr(workbook, "MAIN", ("marts.odd",))
    written = write_workbook(copy, tmp_path / "book.xlsx", "UTC")
    assert (written.rows, written.left_out) == ({}, {"marts.odd": 19})
    assert "marts.odd is left out: 19 rows are too many for a sheet." in str(
        rows_of_sheet(tmp_path / "book.xlsx", "definitions")
    )


def test_a_full_disk_is_said(copy: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(WarehouseError, match="cannot be written: a file may not grow any larger here"):
            write_workbook(copy, tmp_path / "full.xlsx", "UTC")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.glob("full*")) == []


@pytest.mark.parametrize(
    ("table", "name", "said"),
    [
        ("marts.nope", "book.xlsx", r"no table marts\.nope\. Fix: make export XLSX=1 TABLE=… with one of marts\.odd"),
        (None, "book.csv", r"does not end in \.xlsx\. Nothing was written"),
    ],
)
def test_what_is_not_possible_is_said(copy: Path, tmp_path: Path, table: str | None, name: str, said: str) -> None:
    with pytest.raises(WarehouseError, match=said):
        write_workbook(copy, tmp_path / name, "UTC", table)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("names", "sheets"),
    [
        (["a", "A", "a"], ["a", "A_2", "a_3"]),
        (["x" * 40, "x" * 41], ["x" * 31, "x" * 29 + "_2"]),
        (
            ["a[b]:*?/\\", "'q'", "", "History", "Definitions"],
            ["a_b______", "q", "table", "History_2", "Definitions_2"],
        ),
    ],
)
def test_a_sheet_has_a_name_that_excel_takes(names: list[str], sheets: list[str]) -> None:
    found = sheet_names(names)
    assert found == sheets
    assert all(0 < len(name) <= 31 for name in found) and len({name.lower() for name in found}) == len(found)


@pytest.mark.parametrize("is_shared", [False, True])
def test_the_sheets_of_the_sample_add_up_to_what_sql_counts(
    sample_project: Project, shared_sample: Path, tmp_path: Path, is_shared: bool
) -> None:
    source = shared_sample if is_shared else sample_project.published
    done = sample_project.script(
        "export_table.py", "--xlsx", "--target", str(tmp_path / "book.xlsx"), PUBLISHED_PATH=str(source)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    book = openpyxl.load_workbook(tmp_path / "book.xlsx", read_only=True)
    assert book.sheetnames == ["definitions", *(name.partition(".")[2] for name in MAIN)]
    with connect(source, read_only=True) as connection:
        for name in MAIN:
            header, *rows = book[name.partition(".")[2]].iter_rows(values_only=True)
            columns = connection.execute(f"select * from {name} limit 0").description or []
            assert header == tuple(column[0] for column in columns)
            assert len(rows) == connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            for place, column in enumerate(columns):
                values: list[Any] = [row[place] for row in rows if place < len(row) and row[place] is not None]
                [(count, total)] = connection.execute(
                    f"""select count("{column[0]}"), sum(try_cast("{column[0]}" as double)) from {name}
                    where "{column[0]}"::varchar <> ''"""
                ).fetchall()
                assert len(values) == count, (name, column[0])
                if column[0].endswith(("_count", "_seconds", "_ratio", "_credits", "points")):
                    assert sum(values) == pytest.approx(total or 0), (name, column[0])
    text = str([list(sheet.iter_rows(values_only=True)) for sheet in book])
    assert ("Ada Okafor" in text) is not is_shared
