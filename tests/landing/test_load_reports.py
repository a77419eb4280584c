"""The loader on real files: every record lands word for word, or is rejected with its number and the reason."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import random
import re
import subprocess
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from landing import statements
from landing.ahead import CHANGED
from landing.land import land_reports
from landing.outcome import Declaration, Landing
from landing.terminal import each_printed
from loader_fixtures import (
    DAY,
    HEADER,
    SHORT_HEADER,
    activity,
    land,
    landed_users,
    rejected_numbers,
    report_text,
    rows,
    write,
)
from reports.encoding import Survey, survey
from reports.files import find_reports
from reports.staged import PIECE_BYTES
from reports.text import ReportRefused
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT
from warehouse.raw import Stored, delete_all_records
from warehouse.raw_tables import NEW_TABLES
from warehouse.rejections import Kind
from warm_start import run_warm

LINE_ENDS = ["\n", "\r\n", "\r"]
NASTY_NAME = "it's [a] 'b' *; drop table raw.reports; -- 50% {x} ü😀.csv"
OCCURRED = "select occurred_at::varchar from raw.activities order by record_number"
LABELS = "select label from raw.activities order by record_number"
examples_in_one_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.csv"


def empty(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(NEW_TABLES)
    delete_all_records(warehouse)
    for table in ("reports", "rejected_records"):
        warehouse.execute(f"delete from raw.{table}")


# --- What lands, lands word for word ---


# Each as it is in the file, and the text that lands.
WRITTEN = [
    ("hello", "hello"),
    ("", ""),
    ('""', ""),
    ("  two blanks  ", "  two blanks  "),
    ('"a,b;c\td"', "a,b;c\td"),
    ('"say ""hi"""', 'say "hi"'),
    ('""""', '"'),
    ('"a\nb\n\n\nc"', "a\nb\n\n\nc"),
    ('"a\r\nb"', "a\r\nb"),
    ('"a\rb"', "a\rb"),
    ('5" screen', '5" screen'),
    ('screen of 5"', 'screen of 5"'),
    ("😀 grüezi 中文 e\u0301 \u2028 \u200f", "😀 grüezi 中文 e\u0301 \u2028 \u200f"),
    ("a\\", "a\\"),
    ('"a\\"', "a\\"),
    ("a\x00b\x0b\x0c\x1b", "a\x00b\x0b\x0c\x1b"),
    ("#no comment", "#no comment"),
    ("NULL", "NULL"),
    ("'); drop table raw.reports; --", "'); drop table raw.reports; --"),
    ("$path {columns} ?", "$path {columns} ?"),
    ('a "b" "c"', 'a "b" "c"'),
]


def test_a_label_lands_as_it_was_written(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    lines = [activity(f"u{number}", written) for number, (written, _) in enumerate(WRITTEN)]
    landing = land(warehouse, write(report, report_text(*lines)))

    assert rows(warehouse, LABELS) == [label for _, label in WRITTEN]
    assert landing.is_clean


@pytest.mark.xfail(strict=True, reason="DuckDB takes blanks around a quoted field away")
def test_blanks_around_a_quoted_label_land(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    land(warehouse, write(report, report_text(activity("u1", ' "hi" '), activity("u2"))))

    assert rows(warehouse, LABELS) == [' "hi" ', "hello"]


def test_an_empty_line_of_a_file_of_one_column_is_a_blank_record(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    landing = land(warehouse, write(report, 'User ID\n7\n\n"8\n'))

    assert (landing.landed_count, landing.rejected_count, landing.refusal) == (1, 2, None)
    assert rows(warehouse, "select record_number, left(reason, 14) from raw.rejected_records order by all") == [
        (2, "it is blank: n"),
        (3, "a double quote"),
    ]


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("has_last_line_end", [True, False])
def test_every_line_end_is_read(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line_end: str, has_last_line_end: bool
) -> None:
    text = report_text(activity("u1", '"a\nb"'), activity("u2"), line_end=line_end)
    land(warehouse, write(report, text if has_last_line_end else text.removesuffix(line_end)))

    assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]
    assert rows(warehouse, LABELS) == ["a\nb", "hello"]


# Each end after each other: all 27 of three lines run through no other code.
@pytest.mark.parametrize(
    "ends", [(LINE_ENDS[i], LINE_ENDS[j], LINE_ENDS[(i + j) % 3]) for i in range(3) for j in range(3)]
)
def test_mixed_line_ends_land(warehouse: duckdb.DuckDBPyConnection, report: Path, ends: tuple[str, ...]) -> None:
    lines = (SHORT_HEADER, activity("u1"), activity("u2"))
    land(warehouse, write(report, "".join(line + end for line, end in zip(lines, ends, strict=True))))

    assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_columns_land_by_name_whatever_their_order_and_delimiter(
    warehouse: duckdb.DuckDBPyConnection, report: Path, delimiter: str
) -> None:
    header = delimiter.join(("DATE/TIME", "label", "user_id", "CATEGORY", "e-mail", "Action"))
    line = delimiter.join((DAY, "hi", "u1", "Chat", "u1@example.org", "Message"))
    land(warehouse, write(report, report_text(line, header=header)))

    landed = rows(warehouse, "select user_id, category, action, label, email, date from raw.activities")
    assert landed == [("u1", "Chat", "Message", "hi", "u1@example.org", DAY)]


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "grüezi 😀"),
        ("utf-8-sig", "grüezi 😀"),
        ("utf-16", "grüezi 中文"),
        ("utf-16", "😀"),
        ("utf-16-be", "grüezi"),
    ],
)
def test_encodings_with_a_mark_are_read(
    warehouse: duckdb.DuckDBPyConnection, report: Path, encoding: str, label: str
) -> None:
    mark = "\ufeff" if encoding.endswith("be") else ""
    text = mark + report_text(activity("u1", label), activity("u2"))
    land(warehouse, write(report, text.encode(encoding)))

    assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]
    assert rows(warehouse, LABELS) == [label, "hello"]


def test_a_column_that_is_missing_is_null_and_a_blank_stays_blank(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    header = SHORT_HEADER + ",Content ID"
    land(warehouse, write(report, report_text(activity("", "") + ",", activity('""', '""') + ',""', header=header)))

    landed = rows(
        warehouse,
        "select user_id, label, content_id, first_name, company, content_name, content_slug, extra_columns"
        " from raw.activities",
    )
    assert landed == [("", "", "", None, None, None, None, None)] * 2


EXTRA_NAMES = [
    "Points",
    'a "quoted" name',
    "it's",
    "x'); drop table raw.reports; --",
    "$path",
    "two\nlines",
    "c0",
    "ü😀",
]


def test_extra_columns_are_kept_by_their_names(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    values = [f'value "{number}", \n ü' for number in range(len(EXTRA_NAMES))]
    writer.writerow([*EXTRA_NAMES, "User ID", "Category", "Action", "Date"])
    writer.writerow([*values, "u1", "Chat", "Message", DAY])
    land(warehouse, write(report, out.getvalue()))

    [kept] = rows(warehouse, "select extra_columns from raw.activities")
    assert json.loads(kept) == dict(zip(EXTRA_NAMES, values, strict=True))
    assert landed_users(warehouse) == [(1, "u1")]


@pytest.mark.parametrize(
    ("renamed", "notes"),
    [
        ({}, []),
        ({"Content ID": "Page ID"}, ["no column Content ID, and its column Page ID is not known. Fix: if it is"]),
        (
            {"Content ID": "Content IDs", "Label": "Labell"},
            ["no column Label, and its column Labell is", "no column Content ID, and its column Content IDs is"],
        ),
        ({"Label": "Bezeichnung"}, ["no column Label, and its column Bezeichnung is not known"]),
        ({"Content ID": "Kennung"}, ["no column Content ID, and its column Kennung is not known"]),
        ({"Content Name": "Page Title", "Content Slug": "Slug"}, ["its column Page Title is", "its column Slug is"]),
        ({"First": "Vorname", "Email": "Mail"}, ["its column Vorname is not known", "its column Mail is not known"]),
        # nothing that resembles them, and a download that leaves them out
        ({"Company": "T-Shirt Size"}, []),
        ({"Content ID": None, "Content Name": None, "Content Slug": None}, []),
        ({"Content ID": None, "First": "Time", "Last": "Time Zone"}, []),
        (
            {"Content ID": None, "First": "Room", "Last": "Seat"},
            ["no column Content ID, and its columns Room, Seat are not known. Fix: if one of them is Content ID, make"],
        ),
    ],
)
def test_a_column_that_is_missing_is_named_with_the_one_that_may_be_it(
    warehouse: duckdb.DuckDBPyConnection, report: Path, renamed: dict[str, str | None], notes: list[str]
) -> None:
    """Else all its values are lost without a word: without a Content ID nobody has attended anything."""
    known = dict(
        zip(HEADER, ("7", "A", "B", "C", "a@b.example", "Chat", "Message", "x", DAY, "1", "x", "x"), strict=True)
    )
    record = {renamed.get(title, title): value for title, value in known.items()}
    record.pop(None, None)
    text = report_text(",".join(record.values()), header=",".join(str(title) for title in record))
    landing = land(warehouse, write(report, text))

    assert landing.landed_count == 1
    assert [said in note for note, said in zip(landing.notes, notes, strict=True)] == [True] * len(notes)


def test_a_header_with_blanks_before_its_quotes_is_one(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    """Each row is counted as DuckDB reads it, also where one of them is broken."""
    header = ", ".join(f'"{title}"' for title in SHORT_HEADER.split(","))
    lines = [
        f'"7", "Chat", "Message", "a, ""b"", \n c", "{DAY}"',
        '"8", "Chat", "Message"',
        f'"9" , "Chat" , "Message" , "" , "{DAY}"',
        f'"10", "Chat", "Message", "x" "y", "{DAY}"',
    ]
    land(warehouse, write(report, report_text(*lines, header=header)))

    assert rows(warehouse, "select user_id, label from raw.activities order by 1") == [("7", 'a, "b", \n c'), ("9", "")]
    assert rows(warehouse, "select record_number, kind from raw.rejected_records order by 1") == [
        (2, "too_few_fields"),
        (4, "stray_quote"),
    ]


@pytest.mark.parametrize("size", [256, 4096, 1 << 19])
@pytest.mark.parametrize("place", [1, 60, (1 << 18) - 100, 300_000, None])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_hole_in_a_file_is_named(
    warehouse: duckdb.DuckDBPyConnection, report: Path, size: int, place: int | None, encoding: str
) -> None:
    """Where a copy broke off, NULs stand for records. They would pass for a part of the record before."""
    text = report_text(*(activity(f"u{number}") for number in range(9_000))).encode(encoding)
    place = len(text) if place is None else place
    landing = land(warehouse, write(report, text[:place] + bytes(size) + text[place:]))

    assert landing.refusal is not None
    # Half of a letter of UTF-16 is such a byte too.
    numbers = [int(number.replace(",", "")) for number in re.findall("[0-9,]*[0-9]", landing.refusal)]
    assert [place + 1 - numbers[0], numbers[1] - size] in (
        [[0, 0]] if encoding == "utf-8" else [[0, 0], [1, 1], [0, 1]]
    )
    assert "NUL bytes in place of text" in landing.refusal
    assert landing.landed_count == 0


@pytest.mark.parametrize(
    ("content", "said"), [(bytes(4096), "it begins with NUL bytes"), (bytes(40), "nothing but blank")]
)
def test_a_file_of_nul_bytes_is_named(
    warehouse: duckdb.DuckDBPyConnection, report: Path, content: bytes, said: str
) -> None:
    assert said in (land(warehouse, write(report, content)).refusal or "")


def test_fields_that_are_filled_with_nul_bytes_are_read(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    text = report_text(*(activity(f"u{number}{chr(0) * 250}") for number in range(2_000)))
    land(warehouse, write(report, text))

    assert rows(warehouse, "select count(distinct user_id) from raw.activities") == [2_000]


def test_extra_columns_of_one_name_are_both_kept(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    land(warehouse, write(report, report_text(activity("u1") + ",1,2,", header=SHORT_HEADER + ",X,X,")))

    [kept] = rows(warehouse, "select extra_columns from raw.activities")
    assert json.loads(kept, object_pairs_hook=list) == [("X", "1"), ("X", "2")]


# --- What is no record is rejected, and the rest lands ---


# Each line, the column that is named, and the reason.
NO_RECORDS = [
    (b"u2,Chat", "Action", "too few fields"),
    (b"u2", "Category", "too few fields"),
    (b"   ", "Category", "too few fields"),
    (b"\t", "Category", "too few fields"),
    (b"\x00", "Category", "too few fields"),
    (b"\x1a", "Category", "too few fields"),
    (b"u2,Chat,Message,one, two,2024-05-01 10:00:00", None, "too many fields"),
    (b'u2,Chat,Message,"big" thing,2024-05-01 10:00:00', "Label", "double quote"),
    (b'u2,Chat,Message,"the "big" thing",2024-05-01 10:00:00', "Label", "double quote"),
    (b"u2,Chat,Message,caf\xe9,2024-05-01 10:00:00", "Label", "not in utf-8: byte 4 of Label is 0xE9"),
    (b"u2,Ch\xffat,Message,hi,2024-05-01 10:00:00", "Category", "not in utf-8: byte 3 of Category is 0xFF"),
    (b"u2,Chat,Message," + b"y" * 3_000_000 + b",2024-05-01 10:00:00", None, "longer than 2 MB"),
    (b"u2,Chat,Message,hi,yesterday", "Date", "cannot be read as yyyy-MM-dd"),
    (b"u2,Chat,Message,hi,", "Date", "it has no date"),
    (b"u2,Chat,Message,hi,   ", "Date", "it has no date"),
    (b"u2,Chat,Message,hi,1900-01-01 00:00:00", "Date", "the platform writes for never"),
    (b"1.23E+09,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet has shortened the id"),
    (b"#NAME?,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    (b"###,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    (b"#,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    (b"#DIV/0!,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    (b"#NUM!,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    (b"#SPILL!,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    (b"#REF!,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    (b" #VALUE! ,Chat,Message,hi,2024-05-01 10:00:00", "User ID", "a spreadsheet could not show the id"),
    *(
        (f"{error},Chat,Message,hi,2024-05-01 10:00:00".encode(), "User ID", "a spreadsheet could not show the id")
        for error in (
            *("#¡REF!", "#¿NOMBRE?", "#ÜBERLAUF!", "#ССЫЛКА!", "#GETTING_DATA", "#DATEN_ABRUFEN", "Err:502"),
            *("Loading...", "Loading…", "[object Object]", "[object HTMLElement]"),
        )
    ),
    (b'u2,Chat,Message,"a" "b",2024-05-01 10:00:00', None, "double quotes behind its closing one"),
]


BLANKS_HEADER = "User ID,Last,Category,Action,Label,Date,Content ID,Content Name"
FILLED = [
    f"7001,Null,Chat,Message,hi,{DAY},c1,Hall",
    f"7002,W,View,Leaderboard,W,{DAY},W,W",
    f"7003,Fern,Chat,Message,W or not,{DAY},c1,Hall",
]


@pytest.mark.parametrize(
    ("records", "is_refused"),
    [
        (['"1",7001,Chat,Message,hi,{day}', '"2",7002,Chat,Message,hi,{day}'], True),
        # ids in their order, with a delimiter behind each record
        (["1,Chat,Message,hi,{day},", "2,Chat,Message,hi,{day},"], False),
        (["7001,Chat,Message,hi,{day},x", "7002,Chat,Message,hi,{day}"], False),
    ],
)
def test_the_names_of_rows_that_r_writes_are_named(
    warehouse: duckdb.DuckDBPyConnection, report: Path, records: list[str], *, is_refused: bool
) -> None:
    refusal = land(warehouse, write(report, report_text(*(one.format(day=DAY) for one in records)))).refusal

    assert ("row.names = FALSE" in (refusal or "")) == is_refused


@pytest.mark.parametrize(("records", "is_said"), [(("u1", "u2"), True), (("u1",), False)])
def test_a_header_without_the_name_of_a_column_is_named(
    warehouse: duckdb.DuckDBPyConnection, report: Path, records: tuple[str, ...], *, is_said: bool
) -> None:
    lines = [activity(user).replace(",", ",Ana,", 1) for user in records]
    landing = land(warehouse, write(report, report_text(*lines)))

    assert (landing.landed_count, landing.rejected_count) == (0, len(records))
    assert any("the name of a column may be missing" in note for note in landing.notes) == is_said


@pytest.mark.parametrize("word", ["NA", "NaN", "null", "None", "NULL", "[NULL]", "(null)", "<null>", "(Leer)", "-"])
def test_a_word_in_every_blank_field_is_read_as_blank(
    warehouse: duckdb.DuckDBPyConnection, report: Path, word: str
) -> None:
    """Else each view of the leaderboard is a view of somebody's profile, called NA."""
    lines = [line.replace("W", word) for line in FILLED]
    landing = land(warehouse, write(report, report_text(*lines, header=BLANKS_HEADER)))

    read = rows(warehouse, "select label, last_name, content_name from raw.activities order by record_number")
    assert read == [("hi", "Null", "Hall"), ("", "", ""), (f"{word} or not", "Fern", "Hall")]
    [note] = [note for note in landing.notes if "blank" in note]
    assert f"{word!r} is in its columns Label, Content ID, Content Name" in note


@pytest.mark.parametrize(
    "lines",
    [
        # a blank field: the word is somebody's
        [*FILLED, f"7004,Fern,Chat,Message,hi,{DAY},,Hall"],
        [*FILLED, f"7004,,Chat,Message,hi,{DAY},c1,Hall"],
        # one column, or a label alone
        [FILLED[0], f"7002,Fern,Chat,Message,hi,{DAY},W,Hall"],
        [FILLED[0], f"7002,W,Chat,Message,W,{DAY},c1,Hall"],
        # an error: it was something
        [FILLED[0], f"7002,#REF!,Chat,Message,#REF!,{DAY},c1,#REF!"],
    ],
)
def test_a_word_that_may_be_meant_stays(warehouse: duckdb.DuckDBPyConnection, report: Path, lines: list[str]) -> None:
    lines = [line.replace("W", "NA") for line in lines]
    landing = land(warehouse, write(report, report_text(*lines, header=BLANKS_HEADER)))

    assert landing.landed_count == len(lines)
    read = rows(warehouse, "select last_name, label, content_id from raw.activities order by record_number")
    assert [(line.split(",")[1], line.split(",")[4], line.split(",")[6]) for line in lines] == read


def test_two_words_of_one_program_are_read_as_blank(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    """A program has nan in a column of numbers and None in one of texts."""
    lines = [FILLED[0], f"7002,nan,Leaderboard,View,None,{DAY},nan,None"]
    landing = land(warehouse, write(report, report_text(*lines, header=BLANKS_HEADER)))

    read = rows(
        warehouse, "select label, last_name, content_id, content_name from raw.activities order by record_number"
    )
    assert read[1] == ("", "", "", "")
    assert any("'None' or 'nan' is in its columns Label, Content ID, Content Name" in note for note in landing.notes)


def test_a_word_that_stays_in_labels_is_said(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    """A database fills the columns of the content and the label alone, and other fields are blank."""
    lines = [f"7001,,Chat,Message,hi,{DAY},c1,Hall", f"7002,Fern,Leaderboard,View,NULL,{DAY},NULL,NULL"]
    landing = land(warehouse, write(report, report_text(*lines, header=BLANKS_HEADER)))

    assert rows(warehouse, "select label from raw.activities order by record_number") == ["hi", "NULL"]
    assert any("Label keeps it as a text" in note for note in landing.notes)


@pytest.mark.parametrize(
    "power", ["7E3", "7e3", " 7E3", "1.3e9", "1.23456789E9", "1,3E9", "12e4", "730144550100005e3", "73014455010000.5E4"]
)
@pytest.mark.parametrize(
    ("others", "is_rejected"),
    [(("7001", "7002.0", "1.3E+9", "###", "NULL"), True), (("7001", "a7"), False), (("8E4", "9f1"), False)],
)
def test_a_power_of_ten_is_a_shortened_id_where_the_others_are_numbers(
    warehouse: duckdb.DuckDBPyConnection, report: Path, power: str, others: Sequence[str], is_rejected: bool
) -> None:
    quoted = f'"{power}"'
    lines = [SHORT_HEADER, *(activity(user) for user in (others[0], quoted, *others[1:]))]
    land(warehouse, write(report, "".join(f"{line}\n" for line in lines).encode()))

    rejected = rows(warehouse, "select record_number from raw.rejected_records where reason like '%has shortened%'")
    assert (2 in rejected) == is_rejected
    assert power.strip() not in [user for _, user in landed_users(warehouse)] or not is_rejected


@pytest.mark.parametrize(
    ("ids", "rejected"),
    [
        # Excel keeps 15 digits
        (["98765432109875000"], [1]),
        (["9876543210987500", "9876543210987510", "12", "a7", "NULL"], [1, 2]),
        (["1234567890123450000", "7001", " 1234567890123460000 "], [1, 3]),
        # one of ten such ids ends in a zero by itself, and what has zeros before it is no number of a spreadsheet
        (["9876543210987510"], []),
        (["98765432109875000", "98765432109875001"], []),
        (["987654321098750", "00000000000000012000"], []),
        (["98765432109875000-0000"], []),
        # a double has 53 bits: R writes the whole number, JavaScript its first digits and zeros
        (["730144550100004992", "7001", "730144550100005120", "730144550100004992"], [1, 3, 4]),
        (["730144550100005100", "730144550100005000"], [1, 2]),
        (["98765432109875008", "98765432109875056", "9876543210987"], [1, 2]),
        (["730144550100005001", "730144550100004992"], []),
        # Nanoseconds of a clock that counts microseconds; and such as JavaScript rounds them.
        (["1762851744395965000", "1762851744395966000", "1762851744395971000"], []),
        (["1762851744395965200", "1762851744395966000", "1762851744395971000"], [1, 2, 3]),
        (["9007199254740994", "9007199254740996"], []),
        (["123456789012345678901234567890", "730144550100004992"], []),
        # of one program every id is a multiple of 4,096
        ([str(number << 12) for number in range(2**48, 2**48 + 20)], []),
        # R's readr writes the shorter of the two
        (["730144550100005e3", "730144550100005001"], [1]),
        (["730144550100005e3", "730144550100006e3"], [1, 2]),
        (["12e4", "13e4"], []),
    ],
)
@pytest.mark.parametrize("column", ["User ID", "Content ID"])
def test_long_ids_that_all_end_in_zeros_are_shortened_ones(
    warehouse: duckdb.DuckDBPyConnection, report: Path, column: str, ids: list[str], rejected: list[int]
) -> None:
    """Else twelve people become one."""
    lines = [f"{user_id},Chat,Message,{place},{DAY}" for place, user_id in enumerate(ids)]
    header = f"{column},Category,Action,Label,Date"
    if column != "User ID":
        lines, header = [f"{line},7001" for line in lines], f"{header},User ID"
    landing = land(warehouse, write(report, report_text(*lines, header=header)))

    assert landing.refusal is None
    assert (
        rows(warehouse, f"select record_number from raw.rejected_records where kind = '{Kind.SHORTENED_ID}'")
        == rejected
    )
    assert landing.landed_count == len(ids) - len(rejected)


@pytest.mark.parametrize(("line", "column", "reason"), NO_RECORDS)
def test_what_is_no_record_is_rejected_and_the_rest_lands(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line: bytes, column: str | None, reason: str
) -> None:
    lines = [SHORT_HEADER.encode(), activity("u1", "grüezi").encode(), line, activity("u3").encode()]
    landing = land(warehouse, write(report, b"".join(text + b"\n" for text in lines)))

    assert landed_users(warehouse) == [(1, "u1"), (3, "u3")]
    [(number, of_column, why)] = rows(warehouse, "select record_number, column_name, reason from raw.rejected_records")
    assert number == 2
    assert reason in why
    assert "Fix:" in why
    if column is not None:
        assert of_column == column
    assert (landing.landed_count, landing.rejected_count, landing.is_clean) == (2, 1, False)
    [shown] = landing.examples
    assert (shown.record_number, shown.column_name, shown.reason) == (number, of_column, why)


def test_what_is_no_record_is_rejected_also_among_others_like_it(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    cases = [case for case in NO_RECORDS if len(case[0]) < 1_000]
    lines = [SHORT_HEADER.encode()]
    for number, (line, _, _) in enumerate(cases):
        lines += [activity(f"u{number}", "grüezi").encode(), line]
    land(warehouse, write(report, b"".join(text + b"\r\n" for text in lines)))

    assert landed_users(warehouse) == [(2 * number + 1, f"u{number}") for number in range(len(cases))]
    rejected = rows(warehouse, "select record_number, column_name, reason from raw.rejected_records order by 1")
    assert [number for number, _, _ in rejected] == [2 * number + 2 for number in range(len(cases))]
    for (_, of_column, why), (_, column, reason) in zip(rejected, cases, strict=True):
        assert reason in why
        assert column in (None, of_column)


def test_a_rejected_date_is_kept_with_its_whole_record(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    land(warehouse, write(report, report_text(activity("u1"), activity("u2", '"a ""b"", c"', "2024-02-30 10:00:00"))))

    rejected = rows(
        warehouse,
        "select file_name, record_number, column_name, rejected_value, record_text"
        " from raw.rejected_records join raw.reports using (report_id)",
    )
    [(file_name, number, column, value, text)] = rejected
    assert (file_name, number, column, value) == ("report.csv", 2, "Date", "2024-02-30 10:00:00")
    assert json.loads(text) == ["u2", "Chat", "Message", 'a "b", c', "2024-02-30 10:00:00"]


def test_the_report_s_own_column_name_is_told(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    header = "USER_ID,Category,Action,Label,Date/Time"
    land(warehouse, write(report, report_text(activity("u1"), activity("u2", date="never"), header=header)))

    assert rows(warehouse, "select column_name from raw.rejected_records") == ["Date/Time"]


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_record_numbers_hold_after_blank_lines_and_records_of_several_lines(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line_end: str
) -> None:
    text = report_text(
        *("", activity("u1"), "", "", "short"),
        *(activity("u3", f'"a{line_end}{line_end}b"'), "", "short", "short", ""),
        *(activity("u6", date="never"), "", activity("u7", f'"{line_end}"'), "short", activity("u9"), ""),
        line_end=line_end,
    )
    land(warehouse, write(report, text))

    assert landed_users(warehouse) == [(1, "u1"), (3, "u3"), (7, "u7"), (9, "u9")]
    assert rejected_numbers(warehouse) == [2, 4, 5, 6, 8]
    assert rows(warehouse, "select record_count, landed_count, rejected_count from raw.reports") == [(9, 4, 5)]


@pytest.mark.parametrize(
    ("header", "good", "long"),
    [
        (SHORT_HEADER, activity("u1"), activity("u2") + ",x"),
        (
            "User ID,Category,Action,Date,Label,Content ID,Content Name",
            f"u1,Chat,Message,{DAY},hi,,",
            f"u2,Chat,Message,{DAY},an unquoted, comma,,",
        ),
    ],
)
def test_too_many_fields_are_rejected_where_a_comma_may_have_parted_a_text(
    warehouse: duckdb.DuckDBPyConnection, report: Path, header: str, good: str, long: str
) -> None:
    land(warehouse, write(report, report_text(good, long, header=header)))

    assert landed_users(warehouse) == [(1, "u1")]
    assert rejected_numbers(warehouse) == [2]


def swallowed_lines(warehouse: duckdb.DuckDBPyConnection) -> int:
    """How many lines the reasons of the rejected records own up to, beside the records' own lines."""
    reasons = rows(warehouse, "select reason from raw.rejected_records")
    return sum(int(number) for reason in reasons for number in re.findall(r"swallows (\d+) more", reason))


@pytest.mark.parametrize(
    ("line_end", "after"),
    [(line_end, after) for line_end in LINE_ENDS for after in (0, 1, 2, 500)],
)
def test_an_unclosed_quote_tells_how_many_lines_it_swallows(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line_end: str, after: int
) -> None:
    lines = [activity("u1"), activity("u2", '"open'), *(activity(f"u{number + 3}") for number in range(after))]
    land(warehouse, write(report, report_text(*lines, line_end=line_end)))

    assert landed_users(warehouse) == [(1, "u1")]
    assert rejected_numbers(warehouse) == [2]
    assert swallowed_lines(warehouse) == after


@pytest.mark.slow
@pytest.mark.usefixtures("two_threads")
def test_no_record_of_a_large_file_vanishes_behind_an_unclosed_quote(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    count = 50_000
    label = "hello" * 30
    lines = (activity(f"u{number}", '"open' if number == 2 else label) for number in range(1, count + 1))
    landing = land(warehouse, write(report, report_text(*lines)))
    assert report.stat().st_size > PIECE_BYTES

    owned_up = landing.landed_count + landing.rejected_count + swallowed_lines(warehouse)
    assert owned_up == count or landing.refusal is not None


@pytest.mark.usefixtures("two_threads")
def test_lines_of_a_report_that_somebody_pasted_are_one_record_also_where_a_piece_begins(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    long = activity("u1", "y" * 2_000)
    before = (PIECE_BYTES - 2_000) // (len(long) + 1)
    pasted = "\n".join([activity("u2")] * 200)
    landing = land(warehouse, write(report, report_text(*[long] * before, activity("u3", f'"{pasted}"'), *[long] * 90)))

    assert (landing.landed_count, landing.rejected_count) == (before + 91, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("two_threads")
def test_a_record_of_100_megabytes_is_rejected_and_the_rest_lands(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    lines = (activity("u1"), activity("u2", "y" * 100_000_000), activity("u3"), activity("u4", "z" * 3_000_000))
    land(warehouse, write(report, report_text(*lines)))

    # DuckDB reports the last one alone.
    assert landed_users(warehouse) == [(1, "u1"), (3, "u3")]
    assert rejected_numbers(warehouse) == [2, 4]
    rejected = rows(warehouse, "select reason, left(record_text, 20) from raw.rejected_records order by record_number")
    assert [(reason[:22], text) for reason, text in rejected] == [
        ("it is longer than 2 MB", "u2,Chat,Message,yyyy"),
        ("it is longer than 2 MB", "u4,Chat,Message,zzzz"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SHORT_HEADER, "it is the header once more"),
        ("\ufeff" + SHORT_HEADER, "it is the header once more"),
        (",,,,", "it is blank"),
        (" , ,,,\t", "it is blank"),
    ],
)
def test_what_a_spreadsheet_or_a_paste_adds_is_set_aside_and_is_no_fault(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line: str, reason: str
) -> None:
    landing = land(warehouse, write(report, report_text(activity("u1"), line, activity("u3"))))

    assert landed_users(warehouse) == [(1, "u1"), (3, "u3")]
    [(number, why)] = rows(warehouse, "select record_number, reason from raw.rejected_records")
    assert (number, why[: len(reason)]) == (2, reason)
    assert landing.is_clean
    assert (landing.rejected_count, landing.harmless_count, landing.examples) == (1, 1, [])


def test_a_pasted_report_whose_columns_stand_in_another_order_is_refused(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    other = "User ID,Action,Category,Label,Date"
    landing = land(warehouse, write(report, report_text(activity("u1"), other, activity("u2"))))

    assert "its record 2 is the header of another report" in (landing.refusal or "")
    assert landed_users(warehouse) == []


# --- Dates ---


@pytest.mark.parametrize(
    ("dates", "times", "date_format"),
    [
        (["2024-05-01 10:00:00"], ["2024-05-01 10:00:00"], "yyyy-MM-dd"),
        (["2024/04/03 9:05"], ["2024-04-03 09:05:00"], "yyyy/MM/dd"),
        (["13-04-2024 09:05"], ["2024-04-13 09:05:00"], "dd-MM-yyyy"),
        (["4/25/24 9:05", "4/25/2024 9:05"], ["2024-04-25 09:05:00"] * 2, "MM/dd/yyyy"),
        (["25.4.24 9:05"], ["2024-04-25 09:05:00"], "dd.MM.yyyy"),
        (["  2024-05-01 10:00:00 ", "\t2024-05-01 10:00\t"], ["2024-05-01 10:00:00"] * 2, "yyyy-MM-dd"),
        (["2024-05-01T10:00:59", "2024-05-01 10:00:00.25"], ["2024-05-01 10:00:59", "2024-05-01 10:00:00"], None),
        (["2024-02-29 23:59:59"], ["2024-02-29 23:59:59"], "yyyy-MM-dd"),
        (["03/04/2024 09:05", "25/04/2024 09:05:07"], ["2024-04-03 09:05:00", "2024-04-25 09:05:07"], "dd/MM/yyyy"),
        (["03/04/2024 09:05", "04/25/2024 09:05:07"], ["2024-03-04 09:05:00", "2024-04-25 09:05:07"], "MM/dd/yyyy"),
        (["4/25/2024 1:05 PM", "4/25/2024 12:05:00 AM"], ["2024-04-25 13:05:00", "2024-04-25 00:05:00"], "MM/dd/yyyy"),
        (["3.4.2024 9:05", "25.04.2024 09:05:07"], ["2024-04-03 09:05:00", "2024-04-25 09:05:07"], "dd.MM.yyyy"),
    ],
)
def test_the_way_dates_are_written_is_found_from_the_file(
    warehouse: duckdb.DuckDBPyConnection, report: Path, dates: list[str], times: list[str], date_format: str | None
) -> None:
    land(warehouse, write(report, report_text(*(activity("u1", date=date) for date in dates))))

    assert rows(warehouse, OCCURRED) == times
    assert rows(warehouse, "select date from raw.activities order by record_number") == dates
    if date_format is not None:
        assert rows(warehouse, "select date_format from raw.reports") == [date_format]


@pytest.mark.slow
@pytest.mark.usefixtures("two_threads")
def test_one_record_deep_in_the_file_tells_day_from_month(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    lines = [activity("u1", date="03/04/2024 10:00")] * 12_000 + [activity("u2", date="13/04/2024 10:00")]
    land(warehouse, write(report, report_text(*lines)))

    assert rows(warehouse, "select distinct occurred_at::varchar from raw.activities order by 1") == [
        "2024-04-03 10:00:00",
        "2024-04-13 10:00:00",
    ]


@pytest.mark.parametrize(
    "dates",
    [
        ["03/04/2024 10:00"],
        ["03/04/2024 10:00:00", "12/12/2024 10:00:00"],
        ["03/04/2024 01:00 PM"],
        ["03/04/2024 01:00 PM", "25/12/2024 01:00 PM"],
    ],
)
def test_a_date_of_two_readings_is_never_guessed(
    warehouse: duckdb.DuckDBPyConnection, report: Path, dates: list[str]
) -> None:
    landing = land(warehouse, write(report, report_text(*(activity("u1", date=date) for date in dates))))

    if landing.refusal is None:
        assert rows(warehouse, OCCURRED)[0].startswith("2024-04-03")
        assert len(dates) > 1, "nothing in the file separates day from month"
    else:
        assert "day or the month" in landing.refusal
        assert "make build DATE_FORMAT=dd/MM/yyyy or make build DATE_FORMAT=MM/dd/yyyy" in landing.refusal
        assert rows(warehouse, "from raw.reports") == rows(warehouse, "from raw.activities") == []


def test_dates_of_two_orders_in_one_file_are_refused(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    dates = ("05/06/2024 10:00", "13/05/2024 10:00", "05/14/2024 10:00", "05/06/2024 10:00", "05/16/2024 10:00")
    lines = [activity("u1", date=date) for date in dates]
    landing = land(warehouse, write(report, report_text("cut off", *lines)))

    assert (
        "holds dates of two orders: 2 records can only be MM/dd/yyyy, the first is record 4 with '05/14/2024 10:00',"
        " and 1 record can only be dd/MM/yyyy, the first is record 3 with '13/05/2024 10:00'. Fix:"
    ) in (landing.refusal or "")
    assert rows(warehouse, "from raw.reports") == []


def test_a_date_of_two_equal_readings_is_not_ambiguous(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    land(warehouse, write(report, report_text(activity("u1", date="05/05/2024 10:00"))))

    assert rows(warehouse, OCCURRED) == ["2024-05-05 10:00:00"]


@pytest.mark.parametrize(
    ("declared", "date", "time"),
    [
        ("dd/MM/yyyy", "03/04/2024 10:00", "2024-04-03 10:00:00"),
        ("MM/dd/yyyy", "03/04/2024 10:00", "2024-03-04 10:00:00"),
        ("%d %b %Y %H:%M", "3 Apr 2024 10:00", "2024-04-03 10:00:00"),
        ("%Y%m%d-%H%M%S", "20240403-100000", "2024-04-03 10:00:00"),
        ("%d/%m/%Y", "03/04/2024", "2024-04-03 00:00:00"),
    ],
)
def test_a_declared_date_format_is_used(
    warehouse: duckdb.DuckDBPyConnection, report: Path, declared: str, date: str, time: str
) -> None:
    lines = (activity("u1", date=date), activity("u2", date=DAY))
    landing = land(warehouse, write(report, report_text(*lines)), Declaration(date_format=declared))

    assert rows(warehouse, OCCURRED) == [time]
    assert rows(warehouse, "select date_format from raw.reports") == [declared]
    [rejected] = landing.examples
    assert (rejected.record_number, rejected.value) == (2, DAY)
    assert declared in rejected.reason


@pytest.mark.parametrize("date", ["yesterday", "171", "2024-05-01 24:00:00"])
def test_a_report_without_any_readable_date_is_refused(
    warehouse: duckdb.DuckDBPyConnection, report: Path, date: str
) -> None:
    landing = land(warehouse, write(report, report_text(*[activity("u1", date=date)] * 3)))

    assert landing.refusal is not None
    assert f"the first is {date!r}" in landing.refusal
    assert "Fix: load the report as it was downloaded" in landing.refusal
    assert rows(warehouse, "from raw.reports") == []


@pytest.mark.parametrize("word", ["epoch", "infinity", "-infinity", "Infinity"])
def test_a_word_is_no_date(warehouse: duckdb.DuckDBPyConnection, report: Path, word: str) -> None:
    land(warehouse, write(report, report_text(activity("u1"), activity("u2", date=word))))

    assert landed_users(warehouse) == [(1, "u1")]
    assert rows(warehouse, "select rejected_value from raw.rejected_records") == [word]


@pytest.mark.parametrize("dates", [["03/04/24 10:00", "25/04/24 10:00"], ["24-04-03 10:00"], ["3.4.24 10:00"]])
def test_a_year_of_two_digits_is_not_the_first_century(
    warehouse: duckdb.DuckDBPyConnection, report: Path, dates: list[str]
) -> None:
    land(warehouse, write(report, report_text(*(activity("u1", date=date) for date in dates))))

    assert rows(warehouse, "select occurred_at::varchar from raw.activities where year(occurred_at) < 1900") == []


@pytest.mark.parametrize(
    ("zone", "date", "time"),
    [
        ("UTC", "2024-07-01 12:00:00", "2024-07-01 12:00:00"),
        ("Europe/Zurich", "2024-01-15 12:00:00", "2024-01-15 11:00:00"),
        ("Europe/Zurich", "2024-07-15 12:00:00", "2024-07-15 10:00:00"),
        ("Europe/Zurich", "2024-07-01 00:30:00", "2024-06-30 22:30:00"),
        ("America/New_York", "2024-01-15 20:00:00", "2024-01-16 01:00:00"),
        ("Asia/Kolkata", "2024-01-15 12:00:00", "2024-01-15 06:30:00"),
    ],
)
def test_a_declared_time_zone_is_turned_to_utc(
    warehouse: duckdb.DuckDBPyConnection, report: Path, zone: str, date: str, time: str
) -> None:
    land(warehouse, write(report, report_text(activity("u1", date=date))), Declaration(time_zone=zone))

    assert rows(warehouse, OCCURRED) == [time]
    assert rows(warehouse, "select date from raw.activities") == [date]
    assert rows(warehouse, "select time_zone, first_occurred_at::varchar from raw.reports") == [(zone, time)]


@pytest.mark.parametrize(
    "zone",
    [
        "UTC",
        "Europe/Zurich",
    ],
)
@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01 10:00:00"),
        ("2024-05-01 10:00:00+02:00", "2024-05-01 08:00:00"),
        ("2024-05-01T10:00:00.250-0330", "2024-05-01 13:30:00"),
        ("2024-05-01 10:00:00 +05", "2024-05-01 05:00:00"),
    ],
)
def test_an_offset_is_found_in_the_date_and_wins_over_the_declared_zone(
    warehouse: duckdb.DuckDBPyConnection, report: Path, zone: str, date: str, time: str
) -> None:
    land(warehouse, write(report, report_text(activity("u1", date=date))), Declaration(time_zone=zone))

    assert rows(warehouse, OCCURRED) == [time]
    assert rows(warehouse, "select date_format from raw.reports") == ["ISO 8601 with offset"]


@pytest.mark.parametrize(
    ("zone", "times"),
    [
        (
            "Europe/Zurich",
            {
                "2024-03-31 01:59:59": ("2024-03-31 00:59:59", None),
                "2024-03-31 02:00:00": ("2024-03-31 01:00:00", "nonexistent"),
                "2024-03-31 02:59:59": ("2024-03-31 01:59:59", "nonexistent"),
                "2024-03-31 03:00:00": ("2024-03-31 01:00:00", None),
                "2024-10-27 01:59:59": ("2024-10-26 23:59:59", None),
                "2024-10-27 02:00:00": ("2024-10-27 01:00:00", "doubled"),
                "2024-10-27 02:59:59": ("2024-10-27 01:59:59", "doubled"),
                "2024-10-27 03:00:00": ("2024-10-27 02:00:00", None),
            },
        ),
        (
            "Australia/Lord_Howe",
            {
                "2024-10-06 02:15:00": ("2024-10-05 15:45:00", "nonexistent"),
                "2024-10-06 02:30:00": ("2024-10-05 15:30:00", None),
                "2024-04-07 01:29:59": ("2024-04-06 14:29:59", None),
                "2024-04-07 01:30:00": ("2024-04-06 15:00:00", "doubled"),
                "2024-04-07 02:00:00": ("2024-04-06 15:30:00", None),
            },
        ),
    ],
)
def test_hours_that_the_clocks_skip_or_show_twice_are_read_by_the_rule_and_flagged(
    warehouse: duckdb.DuckDBPyConnection, report: Path, zone: str, times: dict[str, tuple[str, str | None]]
) -> None:
    land(warehouse, write(report, report_text(*(activity("u1", date=date) for date in times))), Declaration("s", zone))

    assert rows(warehouse, "select occurred_at::varchar, time_flag from raw.activities order by record_number") == list(
        times.values()
    )
    flags = [flag for _, flag in times.values()]
    assert rows(warehouse, "select nonexistent_hour_count, doubled_hour_count from raw.reports") == [
        (flags.count("nonexistent"), flags.count("doubled"))
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Zurich"])
def test_a_declared_format_with_an_offset_wins_over_the_declared_zone(
    warehouse: duckdb.DuckDBPyConnection, report: Path, zone: str
) -> None:
    path = write(report, report_text(activity("u1", date="2024-05-01 10:00:00 +0500")))
    land(warehouse, path, Declaration(time_zone=zone, date_format="%Y-%m-%d %H:%M:%S %z"))

    assert rows(warehouse, OCCURRED) == ["2024-05-01 05:00:00"]


# --- The manifest ---


def dirty_report(line_end: str) -> str:
    """A report of 300 records with all the dirt that Python's csv module reads as DuckDB does."""
    choose = random.Random(2024)
    start = datetime(2024, 5, 1)
    lines = []
    for number in range(300):
        date = str(start + timedelta(seconds=choose.randrange(10**7)))
        lines.append(
            choose.choice(
                (
                    activity(f"u{number}", date=date),
                    activity(f"u{number}", f'"a ""b"", {line_end}{line_end}c"', date),
                    activity(f"u{number}", "one, two", date),
                    activity(f"u{number}", date=choose.choice(("", "never", "2023-02-29 10:00:00"))),
                    choose.choice(("", f"u{number}", "u,Chat", "u,Chat,Message,hi", "  ")),
                )
            )
        )
    return report_text(*lines, line_end=line_end)


def is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_the_counts_are_those_of_another_reader(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line_end: str
) -> None:
    text = dirty_report(line_end)
    land(warehouse, write(report, text))

    records = [record for record in csv.reader(io.StringIO(text, newline="")) if record][1:]
    good = {number: record for number, record in enumerate(records, 1) if len(record) == 5 and is_time(record[4])}
    assert 100 < len(good) < len(records) - 50
    assert landed_users(warehouse) == [(number, record[0]) for number, record in good.items()]
    assert rejected_numbers(warehouse) == sorted(set(range(1, len(records) + 1)) - set(good))
    [(record_count, landed_count, rejected_count, first, last)] = rows(
        warehouse,
        "select record_count, landed_count, rejected_count, first_occurred_at, last_occurred_at from raw.reports",
    )
    assert (record_count, landed_count, rejected_count) == (len(records), len(good), len(records) - len(good))
    times = [datetime.fromisoformat(record[4]) for record in good.values()]
    assert (first, last) == (min(times), max(times))


def test_the_manifest_tells_what_was_landed_and_how(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    content = report_text(activity("u1", "grüezi"), line_end="\r\n").replace(",", ";").encode("utf-8-sig")
    land(warehouse, write(report, content), Declaration("site-2", "Europe/Zurich", None))

    digest = hashlib.sha256(content).hexdigest()
    manifest = rows(warehouse, "select * exclude (first_occurred_at, last_occurred_at, loaded_at) from raw.reports")
    header = ["User ID", "Category", "Action", "Label", "Date"]
    assert manifest == [
        (
            *(digest[:16], "report.csv", digest, len(content), "site-2", "Europe/Zurich", "yyyy-MM-dd"),
            *(";", "utf-8", header, 1, 1, 0, "csv", ["user_id", "category", "action", "label", "date"]),
            ["first_name", "last_name", "company", "email", "content_id", "content_name", "content_slug"],
            # All times are full minutes, so that it is not plain (landing.held).
            *([], [], 0, 0, datetime(2024, 5, 1, 8), False),
        )
    ]
    assert rows(warehouse, "select report_id from raw.activities") == [digest[:16]]
    assert rows(warehouse, "select abs(epoch(loaded_at) - epoch(now())) < 60 from raw.reports") == [True]


@pytest.mark.parametrize("text", [SHORT_HEADER, SHORT_HEADER + "\n", SHORT_HEADER + "\r\n\r\n\r\n"])
def test_a_report_without_records_is_landed_with_none(
    warehouse: duckdb.DuckDBPyConnection, report: Path, text: str
) -> None:
    landing = land(warehouse, write(report, text))

    assert landing.is_clean
    assert rows(
        warehouse,
        "select record_count, landed_count, rejected_count, first_occurred_at, last_occurred_at from raw.reports",
    ) == [(0, 0, 0, None, None)]
    assert land(warehouse, report).already_landed_as == "report.csv"


# --- Files ---


def test_the_same_bytes_are_landed_once_and_that_is_said(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", report_text(activity("u1"), activity("u2", date="never")))
    again = write(tmp_path / "again.csv", first.read_bytes())
    landings = list(land_reports(warehouse, [first, again, first], Declaration()))

    assert [landing.already_landed_as for landing in landings] == [None, "a.csv", "a.csv"]
    assert [landing.landed_count for landing in landings] == [1, 0, 0]
    assert rows(warehouse, "select file_name from raw.reports") == ["a.csv"]
    assert landed_users(warehouse) == [(1, "u1")]
    assert rejected_numbers(warehouse) == [2]


def test_a_report_with_one_byte_more_is_another_report(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = report_text(activity("u1"))
    paths = [write(tmp_path / "a.csv", text), write(tmp_path / "b.csv", text + "\n")]
    list(land_reports(warehouse, paths, Declaration()))

    assert rows(warehouse, "select count(*), count(distinct report_id) from raw.activities") == [(2, 2)]


@pytest.mark.parametrize("name", ["a.csv.gz", "A.CSV.GZ"])
@pytest.mark.usefixtures("two_threads")
def test_a_packed_report_lands(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, name: str) -> None:
    text = report_text(activity("u1"), "", "short", activity("u3", '"a\n\nb"')).encode()
    content = gzip.compress(text[:60]) + gzip.compress(text[60:])
    land(warehouse, write(tmp_path / name, content))

    assert landed_users(warehouse) == [(1, "u1"), (3, "u3")]
    assert rejected_numbers(warehouse) == [2]
    assert rows(warehouse, "select file_name, file_sha256, file_bytes, file_format from raw.reports") == [
        (name, hashlib.sha256(text).hexdigest(), len(text), "gz")
    ]
    assert land(warehouse, write(tmp_path / "plain.csv", text)).already_landed_as == name


def large_packed_report() -> bytes:
    noise = random.Random(1)
    lines = (activity(f"u{number}", noise.randbytes(100).hex()) for number in range(15_000))
    return gzip.compress(report_text(*lines).encode(), compresslevel=1)


def test_a_packed_report_that_is_cut_off_is_refused_whole(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    packed = large_packed_report()
    landing = land(warehouse, write(tmp_path / "cut.csv.gz", packed[: len(packed) * 3 // 4]))

    assert landing.refusal is not None
    assert rows(warehouse, "from raw.activities") == rows(warehouse, "from raw.rejected_records") == []


def test_a_packed_report_that_is_damaged_is_refused_whole(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = report_text(*(activity(f"u{number}") for number in range(60_000)), "short").encode()
    damaged = gzip.compress(text, compresslevel=0)
    damaged = damaged[: len(damaged) - 8] + bytes(8)
    landing = land(warehouse, write(tmp_path / "damaged.csv.gz", damaged))

    assert landing.refusal is not None
    assert rows(warehouse, "from raw.reports") == rows(warehouse, "from raw.activities") == []


@pytest.mark.parametrize(
    "name",
    [
        NASTY_NAME,
        "[[].csv",
        "a*b?.csv",
        "new\nline.csv",
        "http:a.csv",
        "-x.csv",
        "back\\slash.csv",
        "a\\[b].csv",
        "~x.csv",
    ],
)
def test_any_file_name_lands(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("axb1.csv"), report_text(activity("another file, which a glob would match")))
    write(Path(name), report_text(activity("u1")))
    [path] = find_reports([name])
    land(warehouse, path)

    assert landed_users(warehouse) == [(1, "u1")]
    assert rows(warehouse, "select file_name from raw.reports") == [name]


def test_reports_are_found_in_files_folders_and_globs_each_once(tmp_path: Path) -> None:
    (tmp_path / "deep" / "x.csv").mkdir(parents=True)
    for name in (
        "b.csv",
        "a.CSV",
        "c.csv.gz",
        "notes.txt",
        ".hidden.csv",
        "old.csv.bak",
        "deep/d.csv",
        "deep/x.csv/e.csv",
    ):
        write(tmp_path / name, "x")
    patterns = [f"{tmp_path}/*.csv", str(tmp_path), str(tmp_path / "b.csv"), f"{tmp_path}/**/d.csv"]

    found = [str(path.relative_to(tmp_path)) for path in find_reports(patterns)]
    assert found == ["a.CSV", "b.csv", "c.csv.gz", "deep/d.csv", "deep/x.csv/e.csv"]
    assert [path.name for path in find_reports([f"{tmp_path}/deep/*.csv"])] == ["d.csv"]
    assert find_reports([str(tmp_path / "notes.txt")]) == [tmp_path / "notes.txt"]


@pytest.mark.parametrize("pattern", ["none.csv", "none/", "*.none", "none*/**/*.csv"])
def test_what_names_nothing_is_told(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(FileNotFoundError, match="none"):
        find_reports([f"{tmp_path}/{pattern}"])


# --- One file is one transaction ---


def three_reports(folder: Path) -> list[Path]:
    return [
        write(folder / f"{name}.csv", report_text(activity(name), activity(name, date="never"), "short"))
        for name in ("a", "b", "c")
    ]


def fail_at(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """Let the last statement of one file's transaction fail."""
    write_manifest = statements._write_manifest

    def failing(connection: duckdb.DuckDBPyConnection, staged: statements.Staged, stored: Stored) -> tuple[int, int]:
        counts = write_manifest(connection, staged, stored)
        if staged.file.name == name:
            raise error
        return counts

    monkeypatch.setattr(statements, "_write_manifest", failing)


def files_by_table(warehouse: duckdb.DuckDBPyConnection) -> list[list[str]]:
    queries = (
        "select file_name from raw.reports order by 1",
        "select user_id || '.csv' from raw.activities order by 1",
        "select distinct file_name from raw.rejected_records left join raw.reports using (report_id) order by 1",
    )
    return [rows(warehouse, query) for query in queries]


@pytest.mark.parametrize("error", [ReportRefused("of no reason"), duckdb.IOException("of no reason")])
def test_a_file_that_fails_midway_leaves_nothing_and_the_others_land(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    paths = three_reports(tmp_path)
    with monkeypatch.context() as failing:
        fail_at(failing, "b.csv", error)
        landings = list(land_reports(warehouse, paths, Declaration()))

    assert [landing.refusal and landing.refusal.removesuffix(" Fix: download it again.") for landing in landings] == [
        None,
        "of no reason",
        None,
    ]
    assert files_by_table(warehouse) == [["a.csv", "c.csv"]] * 3

    assert land(warehouse, paths[1]).landed_count == 1
    assert files_by_table(warehouse) == [["a.csv", "b.csv", "c.csv"]] * 3


def test_a_damaged_warehouse_is_said_once_and_no_report_is_blamed(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, "b.csv", duckdb.IOException("Corrupt database file: computed checksum 1 does not match 2"))
    with pytest.raises(WarehouseError, match=r"b\.csv was not landed, because the warehouse is damaged.*Fix: put"):
        list(land_reports(warehouse, three_reports(tmp_path), Declaration()))
    assert files_by_table(warehouse) == [["a.csv"]] * 3


@pytest.mark.slow
def test_an_interruption_leaves_the_finished_files_and_nothing_of_the_next(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = three_reports(tmp_path)
    with monkeypatch.context() as failing:
        fail_at(failing, "b.csv", ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            list(land_reports(warehouse, paths, Declaration()))
    assert files_by_table(warehouse) == [["a.csv"]] * 3

    landings = list(land_reports(warehouse, paths, Declaration()))
    assert [landing.already_landed_as for landing in landings] == ["a.csv", None, None]
    assert files_by_table(warehouse) == [["a.csv", "b.csv", "c.csv"]] * 3


def test_a_file_that_has_gone_is_refused_and_the_others_land(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    paths = three_reports(tmp_path)
    landings = land_reports(warehouse, paths, Declaration())
    next(landings)
    paths[1].unlink()
    rest = list(landings)

    assert [landing.refusal is None for landing in rest] == [False, True]
    assert files_by_table(warehouse) == [["a.csv", "c.csv"]] * 3


@pytest.mark.parametrize(("count", "where"), [(3, "landing.land.survey"), (3000, "landing.one_report.survey")])
@pytest.mark.parametrize("change", ["as long", "shorter"])
def test_a_file_that_changes_while_it_is_read_never_lands_under_the_hash_of_another(
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    where: str,
    change: str,
) -> None:
    """The bytes that were hashed would be known as landed, and be left out when they come again."""
    left = count if change == "as long" else count - 1
    old = report_text(*(activity(f"u{number}", "hello") for number in range(count)))
    new = report_text(*(activity(f"u{number}", "again") for number in range(left)))
    path = write(tmp_path / "a.csv", old)

    def changed(text: Path) -> Survey:
        seen = survey(text)
        write(path, new)
        return seen

    with monkeypatch.context() as changing:
        changing.setattr(where, changed)
        landing = land(warehouse, path)
    found = rows(warehouse, "select file_sha256 from raw.reports")
    if count > 3:
        assert landing.refusal == CHANGED and found == []
    else:
        # It is read again, and then as it is.
        assert found == [hashlib.sha256(new.encode()).hexdigest()]
        assert rows(warehouse, "select distinct label from raw.activities") == ["again"]
    assert land(warehouse, write(path, old)).landed_count == count


# --- The command line ---


def run_loader(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    script = PROJECT_ROOT / "scripts" / "load_reports.py"
    settled = {
        key: value for key, value in os.environ.items() if key not in ("SITE", "TIME_ZONE", "DATE_FORMAT", "ENCODING")
    }
    command = [str(script), *map(str, arguments)]
    done = run_warm(command, Path.cwd(), {**settled, "COLUMNS": "200", "NO_COLOR": "1", **environment}, needs_dbt=False)
    assert "Traceback" not in done.stderr
    return done


def test_of_many_old_files_one_line_has_the_number_and_an_example() -> None:
    def printed(*landings: Landing) -> list[str]:
        console = Console(record=True, width=400)
        assert [*each_printed(landings, Declaration(), console)] == [*landings]
        return console.export_text().splitlines()

    def old(kind: str, count: int, **what: Any) -> list[Landing]:
        return [Landing(Path(f"{kind}{number}.csv"), f"{kind}{number}.csv", **what) for number in range(count)]

    new = Landing(Path("new.csv"), "new.csv", 2)
    same: dict[str, Any] = {"already_landed_as": "x.csv"}
    moved = {"already_landed_as": "y.csv", "of_other_site": "north"}
    removed = {"removed_on": date(2026, 11, 24)}
    assert printed(*old("a", 104, **same), new, *old("b", 4, **removed), *old("c", 5, **moved)) == [
        "landed   new.csv: 2 records",
        "nothing new in 104 files, such as a0.csv: the same bytes were landed before",
        "left out 4 files, such as b0.csv: they were removed."
        " To land them again: make build AGAIN=1 (or load_reports.py --again)",
        "nothing new in 5 files, such as c0.csv: the same bytes were landed for the site north. To load one for this"
        " site instead: the same command with REPORTS=c0.csv DECLARE=again",
    ]
    assert len(printed(*old("a", 3, **same), *old("b", 3, **removed))) == 6
    refused = Landing(Path("r.csv"), "r.csv", refusal="it is empty. Fix: download it again.", **same)
    assert len(printed(*[refused] * 4)) == 4


def test_all_landed_exits_with_0_and_again_says_that_nothing_is_new(tmp_path: Path) -> None:
    write(tmp_path / "[red]a.csv", report_text(activity("u1"), activity("u2")))
    database = tmp_path / "new folder" / "activity.duckdb"

    done = run_loader(tmp_path, WAREHOUSE_PATH=str(database))
    assert done.returncode == 0, done.stderr
    assert "[red]a.csv: 2 records" in done.stdout

    again = run_loader("--database", database, f"{tmp_path}/*.csv")
    assert again.returncode == 0
    assert "nothing new" in again.stdout
    assert "landed as [red]a.csv" in again.stdout
    with connect(database, read_only=True) as warehouse:
        assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]


def test_what_is_rejected_or_refused_is_said_and_exits_with_1(tmp_path: Path) -> None:
    lines = (activity("u1"), *(activity("u2", date="[bold]never") for _ in range(7)))
    write(tmp_path / "a.csv", report_text(*lines))
    write(tmp_path / "b.csv", "<html>")
    write(tmp_path / "c.csv", report_text(activity("u3")))
    database = tmp_path / "activity.duckdb"

    done = run_loader("--database", database, tmp_path)
    assert done.returncode == 1
    assert "a.csv: 1 record, 7 rejected" in done.stdout
    assert "record 2, column Date, value '[bold]never': the date cannot be read as yyyy-MM-dd. Fix:" in done.stdout
    assert "the rest in raw.rejected_records" in done.stdout
    assert "b.csv: it is a web page" in done.stdout
    assert "c.csv: 1 record" in done.stdout
    with connect(database, read_only=True) as warehouse:
        assert rows(warehouse, "select user_id from raw.activities order by 1") == ["u1", "u3"]


def test_a_rejected_record_alone_exits_with_1(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", report_text(activity("u1"), activity("u2", date="whenever")))
    done = run_loader("--database", tmp_path / "activity.duckdb", tmp_path)
    assert done.returncode == 1
    assert "a.csv: 1 record, 1 rejected" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv"], "there is no file, folder or match for 'none.csv'"),
        (["empty"], "no report (.csv, .tsv, .csv.gz, .tsv.gz, .zip, .xlsx) in empty"),
        (["--time-zone", "Europe/Zürich", "a.csv"], "no IANA time zone"),
        (["--date-format", "dd-mm", "a.csv"], "strptime format"),
        (["--date-format", "%Q", "a.csv"], "strptime format"),
        (["--site", "a b'", "a.csv"], "letters, digits"),
        (["--encoding", "utf9", "a.csv"], "'utf9' is no encoding such as cp1250 or utf-16"),
        (["--encoding", "hex", "a.csv"], "'hex' is no encoding"),
        (["--encoding", "undefined", "a.csv"], "'undefined' is no encoding"),
        *(
            (["--encoding", name, "a.csv"], f"'{name}' is no encoding")
            for name in ("idna", "punycode", "Unicode_Escape", "raw-unicode-escape")
        ),
        (["--encoding", "x\x1b[2J\u202e\nlanded b.csv", "a.csv"], r"'x\x1b[2J\u202e\nlanded b.csv' is no encoding"),
        (["--site", "x\x1b[2J", "\x1b[2Jlanded.csv"], "letters, digits"),
        (["\x1b[2J\u202elanded.csv"], r"'\x1b[2J\u202elanded.csv'"),
        (["--nope\x1b[2J\nlanded", "a.csv"], "No such option"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_is_said_and_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    write(tmp_path / "a.csv", report_text(activity("u1")))

    done = run_loader(*arguments, WAREHOUSE_PATH=str(tmp_path / "w.duckdb"))
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "\x1b" not in done.stderr and "\u202e" not in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith("landed")]
    assert not (tmp_path / "w.duckdb").exists()


def test_a_warehouse_in_use_by_another_process_is_said_and_exits_with_1(tmp_path: Path) -> None:
    report = write(tmp_path / "a.csv", report_text(activity("u1")))
    with connect(tmp_path / "w.duckdb") as warehouse:
        done = run_loader("--database", tmp_path / "w.duckdb", report)
        assert done.returncode == 1
        assert "w.duckdb is in use by another process. Wait until it has ended" in done.stdout
        assert rows(warehouse, "select count(*) from duckdb_tables()") == [0]


def test_a_file_that_is_no_warehouse_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    report = write(tmp_path / "a.csv", report_text(activity("u1")))
    letter = write(tmp_path / "letter.duckdb", b"Dear sir or madam, " * 500)

    done = run_loader("--database", letter, report)
    assert done.returncode == 1
    assert "letter.duckdb cannot be opened" in done.stdout
    assert "not a valid DuckDB database" in done.stdout
    assert letter.read_bytes() == b"Dear sir or madam, " * 500


def test_a_damaged_warehouse_is_named_as_such_with_what_to_do(tmp_path: Path) -> None:
    report = write(tmp_path / "a.csv", report_text(activity("u1")))
    path = tmp_path / "w.duckdb"
    with connect(path) as warehouse:
        land(warehouse, report)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    damaged = write(tmp_path / "damaged.duckdb", bytes(content))

    done = run_loader("--database", damaged, report)
    assert done.returncode == 1
    assert "damaged.duckdb is damaged: Corrupt database file" in done.stdout
    assert "Fix: put a backup in its place; or delete it" in done.stdout


def test_a_setting_that_duckdb_does_not_take_is_said_and_exits_with_1(tmp_path: Path) -> None:
    report = write(tmp_path / "a.csv", report_text(activity("u1")))

    done = run_loader("--database", tmp_path / "w.duckdb", report, MEMORY_LIMIT="lots")
    assert done.returncode == 1
    assert done.stdout == "MEMORY_LIMIT=lots is no amount of memory. Nothing was done. Fix: MEMORY_LIMIT=2GB\n"


# --- Where shapes vary ---

texts = st.text(
    st.one_of(
        st.sampled_from(",;\t\"'\n\r \\\u00a0\ufeff"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=12,
)


def csv_line(fields: Sequence[str], delimiter: str, quoting: Literal[0, 1]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(fields)
    return out.getvalue().removesuffix("\r\n")


@pytest.mark.slow
@examples_in_one_folder
@given(
    records=st.lists(st.lists(texts, min_size=11, max_size=11), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(LINE_ENDS),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
@pytest.mark.usefixtures("two_threads")
def test_whatever_the_texts_hold_lands_verbatim_and_in_order(
    warehouse: duckdb.DuckDBPyConnection,
    report: Path,
    records: list[list[str]],
    delimiter: str,
    line_end: str,
    quoting: Literal[0, 1],
) -> None:
    empty(warehouse)
    # Ids of letters, for what a spreadsheet did to numbers is undone, and digits of another script at the end are read.
    records = [[f"u{record[0]}u", *record[1:8], f"u{record[8]}u", *record[9:]] for record in records]
    lines = [HEADER, *([*record[:8], DAY, *record[8:]] for record in records)]
    write(report, "".join(csv_line(line, delimiter, quoting) + line_end for line in lines))
    landing = land(warehouse, report)

    assert landing.refusal is None
    landed = rows(
        warehouse,
        "select * exclude (report_id, date, extra_columns, occurred_at, time_flag)"
        " from raw.activities order by record_number",
    )
    assert landed == [(number, *record) for number, record in enumerate(records, 1)]
    assert rejected_numbers(warehouse) == []


kinds = st.sampled_from(
    ["good", "of two lines", "short", "long", "bad date", "no date", "bad bytes", "bad quote", "blank"]
)


def line_of(kind: str, number: int, line_end: str) -> bytes:
    user = f"u{number}"
    return {
        "good": activity(user).encode(),
        "of two lines": activity(user, f'"a{line_end}{line_end}""b"""').encode(),
        "short": f"{user},Chat".encode(),
        "long": activity(user, "one, two").encode(),
        "bad date": activity(user, date="2024-13-41 10:00:00").encode(),
        "no date": activity(user, date="").encode(),
        "bad bytes": activity(user, "caf\xe9").encode("latin-1"),
        "bad quote": activity(user, '"big" thing').encode(),
        "blank": b"",
    }[kind]


@pytest.mark.slow
@examples_in_one_folder
@given(shapes=st.lists(kinds, max_size=25), line_end=st.sampled_from(LINE_ENDS))
@pytest.mark.usefixtures("two_threads")
def test_every_record_lands_or_is_rejected_under_its_own_number(
    warehouse: duckdb.DuckDBPyConnection, report: Path, shapes: list[str], line_end: str
) -> None:
    empty(warehouse)
    if "bad date" in shapes:
        # A report whose dates are all unreadable is refused.
        shapes = [*shapes, "good"]
    lines = [SHORT_HEADER.encode()]
    landed: list[tuple[int, str]] = []
    rejected: list[int] = []
    for kind in shapes:
        number = len(landed) + len(rejected) + 1
        lines.append(line_of(kind, number, line_end))
        if kind in ("good", "of two lines"):
            landed.append((number, f"u{number}"))
        elif kind != "blank":
            rejected.append(number)
    write(report, b"".join(line + line_end.encode() for line in lines))
    landing = land(warehouse, report, Declaration(date_format="yyyy-MM-dd", encoding="utf-8"))

    assert landing.refusal is None
    assert landed_users(warehouse) == landed
    assert rejected_numbers(warehouse) == rejected
    assert rows(warehouse, "select record_count, landed_count, rejected_count from raw.reports") == [
        (len(landed) + len(rejected), len(landed), len(rejected))
    ]
