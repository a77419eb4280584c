"""Rows of another width than the header's: read where their meaning is plain, rejected where a record is cut."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from loader_fixtures import HEADER, land, rejected_numbers, rows, write

NAMES = ",".join(HEADER)
ON_PAGE = '7001,Ana,Quill,Fern Ltd,ana@x.example,Chat,Message,"a, ""b""",2024-05-13 10:00:01,4106,Opening,opening'
OFF_PAGE = "7002,Bo,Reed,Moss AG,bo@x.example,Chat,Message,hi,2024-05-13 10:00:02,,,"
SHORT = OFF_PAGE.rstrip(",")
ALL = [("7001", 'a, "b"', "4106", "opening"), ("7002", "hi", "", "")]
ENDS, BLANK, QUOTED = "end before the columns of the content", "blank fields beyond the last column", "in double quotes"
TRAILED = "behind its last column"


def quoted(line: str) -> str:
    """A line as one field."""
    return '"' + line.replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([NAMES, ON_PAGE, SHORT], ENDS),
        ([NAMES, ON_PAGE, SHORT + ","], ENDS),
        ([NAMES, ON_PAGE + ",", OFF_PAGE + ",,,"], BLANK),
        ([NAMES, ON_PAGE + ", ,\u00a0", OFF_PAGE], BLANK),
        ([NAMES + ",", ON_PAGE, OFF_PAGE], None),
        ([NAMES + ",,", ON_PAGE + ",,", OFF_PAGE + ",,"], None),
        ([NAMES + ",", ON_PAGE, SHORT], ENDS),
        ([quoted(NAMES), quoted(ON_PAGE), quoted(OFF_PAGE)], QUOTED),
        ([NAMES, quoted(ON_PAGE), OFF_PAGE], QUOTED),
        ([NAMES, quoted(ON_PAGE), quoted(SHORT)], QUOTED),
        ([quoted(NAMES) + ";;;", quoted(ON_PAGE) + ";;;", quoted(OFF_PAGE) + ";;;"], QUOTED),
        ([NAMES + ";;;", ON_PAGE + ";;;", OFF_PAGE + ";;;"], TRAILED),
        ([NAMES + "|", ON_PAGE + "|", OFF_PAGE], TRAILED),
        # where a record has such signs inside, fewer are behind it
        ([NAMES + ";;;", ON_PAGE + ";;", OFF_PAGE + ";"], TRAILED),
        (["\ufeff\ufeff" + NAMES, ON_PAGE, OFF_PAGE], None),
        (["ï»¿" + NAMES, ON_PAGE, OFF_PAGE], None),
        ([NAMES.replace("User ID", "\u200bUser\u00a0ID\u2060").replace("Date", "Date\0"), ON_PAGE, OFF_PAGE], None),
    ],
)
@pytest.mark.parametrize(("end", "many"), [("\n", 100_000), ("\r\n", 0)])
def test_a_row_of_another_width_is_read(
    warehouse: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    lines: list[str],
    words: str | None,
    end: str,
    many: int,
) -> None:
    monkeypatch.setattr("reports.rows.MANY_MISFITS", many)
    landing = land(warehouse, write(tmp_path / "a.csv", "".join(line + end for line in lines)))

    assert rows(warehouse, "select user_id, label, content_id, content_slug from raw.activities order by 1") == ALL
    assert rejected_numbers(warehouse) == []
    assert [(words or "") in note for note in landing.notes] == ([True] if words else [])


@pytest.mark.parametrize("end", [";;;", "||"])
def test_the_end_of_another_table_behind_records_alone_is_kept_as_text_and_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, end: str
) -> None:
    landing = land(warehouse, write(tmp_path / "a.csv", f"{NAMES}\n{ON_PAGE}{end}\n{OFF_PAGE}\n"))

    assert rows(warehouse, "select content_slug from raw.activities order by user_id") == [f"opening{end}", ""]
    assert [f"1 of its records end in the delimiters of another table, such as 'opening{end}'" in note
            for note in landing.notes] == [True]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "rejected"),
    [
        # a line break that lost its quotes, in the name of the content and in the label
        ([ON_PAGE.replace(",Opening,", ",Opening\nDay,"), OFF_PAGE, ""], [1, 2]),
        ([ON_PAGE.replace("a, ", "a\n").replace('"', ""), OFF_PAGE, ""], [1, 2]),
        # a last record that is cut off
        ([OFF_PAGE, ON_PAGE.rpartition(",")[0]], [2]),
        ([OFF_PAGE, SHORT.rpartition(",")[0], ""], [2]),
        # a comma that parted a name and a date, where blank last fields make up for it
        ([OFF_PAGE, ON_PAGE.replace("Opening,opening", "Opening, Day,,"), ""], [2]),
        ([OFF_PAGE, OFF_PAGE.replace("13 10", "13, 10"), ""], [2]),
        # a value that no column has
        ([OFF_PAGE, ON_PAGE + ",x", ""], [2]),
    ],
)
def test_a_record_that_is_cut_is_rejected(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, lines: list[str], rejected: list[int]
) -> None:
    land(warehouse, write(tmp_path / "a.csv", "\n".join([NAMES, *lines])))

    assert rejected_numbers(warehouse) == rejected


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["x"] * 4, "over 30 fields of its records are missing or too many, up to row 4"),
        # On average these are as wide as the header.
        (["x", OFF_PAGE + ",y" * 11] * 3, "over 30 fields of its records are missing or too many, up to row 4"),
        (["", "", "", "", OFF_PAGE], "over 3 of its lines are blank, up to row 5"),
    ],
)
def test_rows_that_would_take_all_memory_are_refused_before_they_are_parsed(
    warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: list[str], words: str
) -> None:
    for limit, value in (("MANY_MISFITS", 0), ("MAX_MISFIT_FIELDS", 30), ("MAX_BLANK_ROWS", 3)):
        monkeypatch.setattr(f"reports.rows.{limit}", value)
    monkeypatch.setattr("reports.staged.STAGE", "this is not reached")
    report = write(tmp_path / "a.csv", "\n".join([NAMES, *lines, ""]))

    assert words in str(land(warehouse, report).refusal)


def test_a_blank_line_behind_each_record_is_passed_over(
    warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for limit in ("MANY_MISFITS", "MAX_BLANK_ROWS"):
        monkeypatch.setattr(f"reports.rows.{limit}", 0)

    assert land(warehouse, write(tmp_path / "a.csv", "\n\n".join([NAMES, ON_PAGE, OFF_PAGE, ""]))).landed_count == 2


@pytest.mark.parametrize("field", ["7001", "Ana", "Chat", "4106", "Opening"])
def test_a_blank_before_a_field_that_no_comma_can_begin_parts_none(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, field: str
) -> None:
    record = ON_PAGE.replace(field, f" {field}\t")
    land(warehouse, write(tmp_path / "a.csv", f"{NAMES},\n{record},,\n{OFF_PAGE}\n"))

    assert rejected_numbers(warehouse) == []


def test_a_value_below_a_column_without_a_name_is_kept(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "a.csv", f"{NAMES},\n{ON_PAGE},x\n{OFF_PAGE},\n"))

    assert rows(warehouse, "select extra_columns from raw.activities order by record_number") == ['{"":"x"}', '{"":""}']
