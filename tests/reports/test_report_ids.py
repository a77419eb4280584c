"""The one rule for ids: what is undone of what programs do to them, and that the models have the same rule."""

from __future__ import annotations

import random
import re
import sys
import unicodedata
from datetime import date

import duckdb
import pytest

from conftest import ROOT
from landing.forgotten import Remembered, hashed, identities
from macro_cases import CASES
from reports.columns import ACTIVITY_REPORT
from reports.format import ReportFormat
from reports.ids import (
    LOST,
    NULL_SPELLINGS,
    ZEROS,
    cleaned,
    cleaned_field,
    cleaned_id,
    id_of,
    read_ids,
    same_ids,
    same_ids_of,
    whole_id,
)
from reports.invisible import FORMAT, INVISIBLE
from reports.rows import Rows
from reports.scan import Possible, nobody_notes, scan_staged
from reports.staged import numbered

REPORT = ReportFormat(ACTIVITY_REPORT, ",", "utf-8", 0, ("User ID", "Date"), 1, {"user_id": 0, "date": 1}, ())
RULES = {"cleaned": cleaned, "cleaned_id": cleaned_id, "cleaned_field": cleaned_field}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # pandas: a column with a blank is one of floats
        (["7001.0", "7002.0", ""], ["7001", "7002", ""]),
        (["7001.0", "nan", "7002"], ["7001", "nan", "7002"]),
        (["7001,0", "7002,0"], ["7001", "7002"]),
        (["\ufeff7001.00", "7002.00\u00a0"], ["7001", "7002"]),
        (["\ufeff 7001.00", "7002.00\u00a0\u200b"], ["7001", "7002"]),
        (["User ID", "7001.0"], ["User ID", "7001"]),
        # what is not a number throughout stays
        (["7001.0", "7002.5"], ["7001.0", "7002.5"]),
        (["7001.0", "v2.0"], ["7001.0", "v2.0"]),
        (["007001", "a.0", "A.0"], ["007001", "a.0", "A.0"]),
        # a spreadsheet
        (["7,001", "1,007,002"], ["7001", "1007002"]),
        (["7’001", "12"], ["7001", "12"]),
        (["7\u202f001", "7\u202f002"], ["7001", "7002"]),
        (["7.001", "7.002"], ["7001", "7002"]),
        (["7,001", "7002", "12"], ["7001", "7002", "12"]),
        (["7,001.00", "7.00", "1,234,567.0"], ["7001", "7", "1234567"]),
        (["7.001,00", "8.002,00"], ["7001", "8002"]),
        (["12,34,567", "2,34,567", "1,000", "12"], ["1234567", "234567", "1000", "12"]),
        (["1_234_567", "7_001", "12"], ["1234567", "7001", "12"]),
        (["70\u00a001", "7002", "7\u2009003"], ["7001", "7002", "7003"]),
        (["7,001", "u-7002"], ["7,001", "u-7002"]),
        (["+7001", "7002", "7,003"], ["7001", "7002", "7003"]),
        (["+41791234567", "+41791234568"], ["+41791234567", "+41791234568"]),
        (["7.000", "1.234", "7001"], ["7000", "1234", "7001"]),
        (["12 3", "1 23"], ["12 3", "1 23"]),
        (["7.000", "8.000"], ["7", "8"]),
        (['="007001"', "7002"], ["007001", "7002"]),
        (["'007001", "'abc"], ["007001", "'abc"]),
        (["٧٠٠١", "７００２"], ["7001", "7002"]),
        # no id at all
        (["7001", "00000000-0000-0000-0000-000000000000", "u-7"], ["7001", "", "u-7"]),
        (["{00000000-0000-0000-0000-000000000000}"], [""]),
        (["00000000-0000-0000-0000-000000000001"], ["00000000-0000-0000-0000-000000000001"]),
        (["௭௦௦௧", "𝟕𝟎𝟎𝟐", "೭೦೦೩", "٧٬٠٠٤٫٠٠"], ["7001", "7002", "7003", "7004"]),
    ],
)
def test_what_a_program_did_to_a_column_of_ids_is_undone(
    instance: duckdb.DuckDBPyConnection, written: list[str], read: list[str]
) -> None:
    with instance.cursor() as connection:
        connection.execute("create temp table staged as select unnest($ids) as c0, '' as c1", {"ids": written})
        notes = read_ids(
            connection, REPORT, scan_staged(connection, REPORT, Possible(date.min, date.max), numbered(Rows(1))).odd
        )
        assert [row[0] for row in connection.execute("from staged").fetchall()] == read
    assert any("is read as" in note for note in notes) == (written != read)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "  ",
        *NULL_SPELLINGS,
        "00000000-0000-0000-0000-000000000000",
        "NULL",
        "#NV",
        "#WERT!",
        " N/A ",
        "\ufeffnone\u00a0",
    ],
)
def test_each_spelling_of_no_id_counts_as_nobody(instance: duckdb.DuckDBPyConnection, spelling: str) -> None:
    with instance.cursor() as connection:
        connection.execute(
            "create temp table staged as select unnest($ids) as c0, '' as c1", {"ids": [spelling] * 12 + ["7001"] * 4}
        )
        notes = nobody_notes(scan_staged(connection, REPORT, Possible(date.min, date.max), numbered(Rows(1))))
    # Errors are rejected, and said there.
    expected = [] if re.fullmatch(LOST, spelling) else ["12 of its 16 records have no user id"]
    assert [note.partition(",")[0] for note in notes] == expected


@pytest.mark.parametrize(
    ("written", "note"),
    [
        (
            ["7001", "-7001", "7002"],
            "1 pair of ids that may be the same, such as '-7001' and '7001'. They count as two",
        ),
        (["7001", "70 01", "8001", "(8001)"], "2 pairs of ids that may be the same, such as '(8001)' and '8001'"),
        (["A 7", "a7"], "such as 'A 7' and 'a7'"),
        (["7001", "7.000"], "such as '7.000', which may be 7 or 7000. They stay as they are"),
    ],
)
def test_ids_that_stay_though_they_may_mean_another_are_named(
    instance: duckdb.DuckDBPyConnection, written: list[str], note: str
) -> None:
    with instance.cursor() as connection:
        connection.execute("create temp table staged as select unnest($ids) as c0, '' as c1", {"ids": written})
        [said] = read_ids(
            connection, REPORT, scan_staged(connection, REPORT, Possible(date.min, date.max), numbered(Rows(1))).odd
        )
        assert said.startswith("its column User ID holds ") and note in said
        assert [row[0] for row in connection.execute("from staged").fetchall()] == written


@pytest.mark.parametrize("case", [case for case in CASES if case.macro in RULES], ids=lambda case: case.macro)
def test_the_loader_cleans_as_the_models_do(instance: duckdb.DuckDBPyConnection, case: object) -> None:
    macro, rows, expected = case.macro, case.rows, case.expected  # type: ignore[attr-defined]
    found = [
        instance.execute(f"select {RULES[macro]('$value::varchar')}", {"value": value}).fetchone() for (value,) in rows
    ]
    assert [row and row[0] for row in found] == expected
    if macro == "cleaned_id":
        assert [id_of(value or "") for (value,) in rows] == [one or "" for one in expected]


def test_the_models_know_the_same_characters_and_spellings() -> None:
    macros = (ROOT / "macros" / "engine.sql").read_text()
    text = "".join(macros.split())
    assert "".join(INVISIBLE.split()) in text.replace('{{-""-}}', "")
    assert "".join(FORMAT.split()) in text.replace('{{-""-}}', "")
    listed = macros.partition("spellings = [")[2].partition("] -%}")[0].replace('escape ~ "n"', '"\\n"')
    assert tuple(part.strip().strip('"') for part in listed.split(",") if part.strip()) == NULL_SPELLINGS


@pytest.mark.parametrize(
    ("written", "read"),
    [("7001.0", "7001"), (" 7001\u00a0", "7001"), ("7.5", "7.5"), ("NULL", ""), ("'7001", "7001"), ("+7001", "+7001")],
)
def test_a_seed_names_an_id_as_the_reports_are_read(written: str, read: str) -> None:
    assert whole_id(written) == read


FORMS = (
    *("7001", "7001.0", "\ufeff7001\u200b", "7001\u00a0", "007001", "+7001", "-7001", "\u22127001", "(7001)", "7001."),
    *(
        "7,001",
        "7.001",
        "7,001.00",
        "7.001,00",
        "7001,000",
        "7_001",
        "7\u2019001",
        "'7001",
        '="7001"',
        "\u201c7001\u201d",
    ),
    *("70\u00a001", "70 01", "70\u00ad01", "7 0 0 1", "7.001E3", "7,001e+3", "7.001e03"),
    *("೭೦೦೧", "௭௦௦௧", "٧٬٠٠١٫٠٠", "７００１", "＋７００１", "𝟕𝟎𝟎𝟏"),
)


@pytest.mark.parametrize("user_id", FORMS)
def test_a_forgotten_id_is_known_however_it_is_written(instance: duckdb.DuckDBPyConnection, user_id: str) -> None:
    known = Remembered(("main",), "salt", frozenset([hashed("salt", "main:id:7001")]))
    asked = f"select {known.is_theirs('$id', 'null::varchar')}"
    row = instance.execute(asked, {"id": user_id, **known.parameters}).fetchone()
    assert row == (True,)
    assert known.is_one_of(f'x,"{user_id}",y') and known.is_id_of_theirs("main", user_id)
    for other in ("7002", "70", "12", "70010", "70-01", "700.1", "7001.5", "u7001", ""):
        assert instance.execute(asked, {"id": other, **known.parameters}).fetchone() == (False,)
        assert not known.is_one_of(f"x,{other},y")


@pytest.mark.parametrize("user_id", ["aB7", "Ab7", "ＡＢ７", " ab7 ", "a b7", "'AB7'"])
def test_a_forgotten_id_with_letters_is_known_in_any_case(user_id: str) -> None:
    known = Remembered(("main",), "salt", frozenset(hashed("salt", one) for one in identities("main", "aB7", [])))
    assert known.is_id_of_theirs("main", user_id)


def test_sql_and_python_know_the_same_forms_of_an_id(instance: duckdb.DuckDBPyConnection) -> None:
    signs, chance = "0017eE+.,_'’\u00a0 -uU٧೧()=\"\u200b\x00\n９Ａ#", random.Random(3)
    ids = [
        *FORMS,
        "NULL",
        "***",
        "7.000",
        *("".join(chance.choices(signs, k=chance.randrange(9))) for _ in range(5000)),
    ]
    found = instance.execute(f"select id, {same_ids('id')} from (select unnest($ids) as id)", {"ids": ids}).fetchall()
    assert [one for one in found if sorted(one[1]) != sorted(same_ids_of(one[0]))] == []
    assert same_ids_of("7.000") == ["7.000", "7000", "7"] and same_ids_of("***") == ["***"] and same_ids_of("-") == []


def test_the_digits_of_all_scripts_are_known() -> None:
    """Those of this Python's Unicode, and later ones."""
    zeros = {sign for sign in range(128, sys.maxunicode) if unicodedata.decimal(chr(sign), None) == 0}
    assert zeros <= set(ZEROS)
