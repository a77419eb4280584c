"""Where reports come from: archives, workbooks, folders and standard input; none is trusted."""

from __future__ import annotations

import errno
import gzip
import io
import os
import random
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from landing.land import land_reports
from landing.outcome import Declaration, Landing
from landing.terminal import describe
from loader_fixtures import DAY, SHORT_HEADER, activity, land, landed_users, report_text, rows, write
from loader_fixtures import HEADER as LONG_HEADER
from reports import files as report_files
from reports import workbooks
from reports.files import find_reports, passed_over, reports_in
from reports.text import ReportRefused
from warehouse.command_line import printable
from warehouse.database import connect
from warehouse.paths import PROJECT_ROOT
from warm_start import run_warm

REPORT = report_text(activity("u1"), activity("u2"))
FILES = "select file_name from raw.reports order by 1"


def zipped(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def workbook_of(*sheets: Sequence[Sequence[Any]], mac_dates: bool = False) -> bytes:
    """A workbook with these rows in its sheets."""
    workbook = openpyxl.Workbook()
    if mac_dates:
        workbook.epoch = CALENDAR_MAC_1904
    for number, sheet_rows in enumerate(sheets, 1):
        sheet = workbook.active if number == 1 else workbook.create_sheet()
        assert sheet is not None
        sheet.title = f"Sheet {number}"
        for row in sheet_rows:
            sheet.append(list(row))
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def all_landed(warehouse: duckdb.DuckDBPyConnection, *paths: Path) -> list[Landing]:
    return list(land_reports(warehouse, list(paths), Declaration()))


def refusal_of(warehouse: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Why a file is refused; nothing of it may be in the warehouse then."""
    [landing] = all_landed(warehouse, path)
    assert landing.refusal is not None
    assert "Fix:" in landing.refusal
    for table in ("reports", "activities", "rejected_records"):
        assert rows(warehouse, f"from raw.{table}") == []
    return landing.refusal


# --- Archives ---


def test_every_report_of_an_archive_lands_under_its_name(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "b.csv": report_text(activity("b")),
        "2026/May/a.CSV": report_text(activity("a")),
        "c.csv.gz": gzip.compress(report_text(activity("c")).encode(), mtime=0),
        "2026/": "",
        "__MACOSX/._b.csv": "no report",
        "2026/._a.csv": "no report",
        ".hidden.csv": "no report",
        "readme.txt": "no report",
        "d.tsv": report_text(activity("d")).replace(",", "\t"),
    }
    landings = all_landed(warehouse, write(tmp_path / "all.zip", zipped(members)))

    names = ["2026/May/a.CSV", "b.csv", "c.csv.gz", "d.tsv"]
    assert [landing.name for landing in landings] == [f"{tmp_path}/all.zip > {name}" for name in names]
    assert landings[2].refusal is not None
    assert "it is an archive inside an archive. Fix: unpack the outer one." in landings[2].refusal
    assert rows(warehouse, "select file_name, file_format from raw.reports order by 1") == [
        (f"all.zip > {name}", "zip") for name in (names[0], names[1], names[3])
    ]
    assert rows(warehouse, "select user_id from raw.activities order by 1") == ["a", "b", "d"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_of_packing_that_python_knows_is_read(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, method: int
) -> None:
    all_landed(warehouse, write(tmp_path / "a.zip", zipped({"a.csv": REPORT}, method)))

    assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]


def test_names_in_an_archive_are_shown_and_never_used_as_a_path(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        "../../evil.csv",
        str(tmp_path / "absolute.csv"),
        "C:\\evil.csv",
        "..\\evil.csv",
        "a/../b.csv",
        "[red]*?.csv",
    ]
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    archive = zipped({name: report_text(activity(str(number))) for number, name in enumerate(names)})
    path = write(folder / "a.zip", archive)
    before = sorted(tmp_path.rglob("*"))
    landings = all_landed(warehouse, path)

    assert [landing.landed_count for landing in landings] == [1] * len(names)
    assert rows(warehouse, FILES) == sorted(f"a.zip > {name}" for name in names)
    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path.parent / "evil.csv").exists()


def test_a_link_in_an_archive_is_not_followed(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.csv", REPORT)
    link = zipfile.ZipInfo("link.csv")
    link.create_system = 3
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, str(secret))

    assert f"no report begins so: {secret}" in refusal_of(warehouse, write(tmp_path / "a.zip", out.getvalue()))


def with_flag(archive: bytes, *, flag: int = 0, method: int | None = None) -> bytes:
    """An archive of one member, with a flag or another method in both of its headers."""
    changed = bytearray(archive)
    for start, place in ((archive.find(b"PK\x03\x04"), 6), (archive.find(b"PK\x01\x02"), 8)):
        changed[start + place] |= flag
        if method is not None:
            changed[start + place + 2] = method
    return bytes(changed)


ONE = zipped({"a.csv": REPORT})


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (with_flag(ONE, flag=1), "it is locked with a password. Fix: unpack it yourself."),
        (with_flag(ONE, method=97), "it cannot be read"),
        (with_flag(ONE, flag=0x20), "it cannot be read"),
        (zipped({"a.csv": zipped({"b.csv": REPORT})}), "it is an archive inside an archive. Fix: unpack the outer"),
        (zipped({"a.zip": ONE}), "it is an archive inside an archive"),
        (zipped({"a.csv": b"%PDF-1.7"}), "it is a PDF"),
        (zipped({}), "it holds no report (.csv, .tsv"),
        (zipped({"readme.txt": "hello", "__MACOSX/a.csv": REPORT, "x.csv/": ""}), "it holds no report"),
        (zipped({"content.xml": "<x/>", "mimetype": "application/vnd.oasis"}), "it holds no report"),
        (ONE[:-30], "it cannot be read"),
        (ONE[: len(ONE) // 2], "it cannot be read"),
        (ONE.replace(b"a.csv", b"b.csv", 1), "it cannot be read"),
        (zipped({"ü.csv": REPORT}).replace("ü".encode(), b"\xff\xff"), "it cannot be read"),
        (zipped({f"{number}.csv": "" for number in range(1001)}), "it holds 1,001 files; more than 1,000 are not"),
    ],
)
def test_an_archive_that_cannot_be_read_is_refused_with_a_fix(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, archive: bytes, said: str
) -> None:
    assert said in refusal_of(warehouse, write(tmp_path / "a.zip", archive))


def test_one_broken_member_is_refused_and_the_others_land(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    broken = report_text(activity("broken")).encode()
    archive = zipped({"a.csv": report_text(activity("a")), "b.csv": broken, "c.csv": report_text(activity("c"))}, 0)
    landings = all_landed(warehouse, write(tmp_path / "a.zip", archive.replace(broken, broken.upper())))

    assert [landing.refusal is None for landing in landings] == [True, False, True]
    assert "Bad CRC-32" in (landings[1].refusal or "")
    assert rows(warehouse, "select user_id from raw.activities order by 1") == ["a", "c"]


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_archive_or_workbook_ends_in_words(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, seed: int
) -> None:
    choose = random.Random(seed)
    content = bytearray(
        choose.choice((ONE, workbook_of([SHORT_HEADER.split(",")]), gzip.compress(REPORT.encode(), mtime=0)))
    )
    for _ in range(choose.choice((1, 3, 30))):
        content[choose.randrange(4, len(content))] = choose.randrange(256)
    landings = all_landed(warehouse, write(tmp_path / "a.zip", bytes(content[: choose.choice((None, -1, -100))])))

    assert landings
    assert all("Fix:" in landing.refusal for landing in landings if landing.refusal is not None)


def test_a_report_lands_once_however_it_is_packed(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = REPORT.encode()
    paths = [
        write(tmp_path / "a.csv", content),
        write(tmp_path / "a.csv.gz", gzip.compress(content, mtime=0)),
        write(tmp_path / "a.zip", zipped({"x.csv": content, "y.csv": content})),
        write(tmp_path / "misnamed.csv", gzip.compress(content, mtime=0)),
        write(tmp_path / "zip.csv", zipped({"x.csv": content})),
    ]
    landings = all_landed(warehouse, *paths)

    assert [landing.already_landed_as for landing in landings] == [None, *["a.csv"] * 5]
    assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]


@pytest.mark.parametrize(
    ("name", "content", "file_format"),
    [
        ("a.csv", gzip.compress(REPORT.encode(), mtime=0), "gz"),
        ("a.csv.gz", REPORT.encode(), "csv"),
        ("a.csv", ONE, "zip"),
        ("a.zip", REPORT.encode(), "csv"),
        ("a.csv", workbook_of([line.split(",") for line in REPORT.splitlines()]), "xlsx"),
        ("a.xlsx", REPORT.encode(), "csv"),
    ],
)
def test_what_a_file_is_its_bytes_tell_and_not_its_name(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, content: bytes, file_format: str
) -> None:
    all_landed(warehouse, write(tmp_path / name, content))

    assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]
    assert rows(warehouse, "select file_format from raw.reports") == [file_format]


# --- Bombs ---


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of unpacking, at a thousandth."""
    monkeypatch.setattr(report_files, "RATIO_APPLIES_FROM", 64 << 10)
    monkeypatch.setattr(report_files, "_CHUNK_BYTES", 1 << 10)


BOMB = (SHORT_HEADER + "\n").encode() + b"y" * 4_000_000


def lying(archive: bytes, place: int, size: int) -> bytes:
    """An archive of one member that says to be of another size, packed (20) or unpacked (24)."""
    changed = bytearray(archive)
    start = archive.find(b"PK\x01\x02") + place
    changed[start : start + 4] = size.to_bytes(4, "little")
    return bytes(changed)


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(BOMB, mtime=0),
        gzip.compress(BOMB[:2_000_000], mtime=0) + gzip.compress(BOMB[2_000_000:], mtime=0),
        zipped({"a.csv": BOMB}),
        lying(zipped({"a.csv": BOMB}), 20, 1 << 31),
    ],
)
def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_has(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    written = []
    copy = report_files._copy

    def counting(*arguments: object, **named: object) -> int:
        try:
            return copy(*arguments, **named)  # type: ignore[arg-type]
        finally:
            written.append(arguments[1].tell())  # type: ignore[attr-defined]

    monkeypatch.setattr(report_files, "_copy", counting)
    assert "times its size: no report does. Fix:" in refusal_of(warehouse, write(tmp_path / "a.csv", content))
    # Where zipfile itself refuses an archive, not a byte of it is unpacked.
    assert max(written, default=0) < len(BOMB) // 2


def test_what_zipfile_refuses_as_overlapping_is_refused_with_what_to_do(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python 3.11.8, 3.12.2 and Debian's 3.11.2 look for it, earlier ones do not: the words are theirs.
    def refuse(*_: object) -> None:
        raise zipfile.BadZipFile("Overlapped entries: 'a.csv' (possible zip bomb)")

    monkeypatch.setattr(zipfile.ZipFile, "open", refuse)
    refusal = refusal_of(warehouse, write(tmp_path / "a.zip", ONE))
    assert "the files in this archive overlap" in refusal
    assert "Fix: if it is one all the same, unpack it yourself." in refusal


def test_a_member_that_is_larger_than_it_says_is_refused(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert "it cannot be read" in refusal_of(warehouse, write(tmp_path / "a.zip", lying(ONE, 24, 10)))


def test_no_more_is_unpacked_than_the_limit_however_it_is_packed(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_files, "MAX_UNPACKED_BYTES", 100)

    assert "it unpacks to more than" in refusal_of(
        warehouse, write(tmp_path / "a.zip", zipped({"a.csv": "x" * 101}, 0))
    )


@pytest.mark.usefixtures("low_limits")
def test_a_workbook_that_unpacks_to_much_is_refused(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = workbook_of([["x" * 30_000 for _ in range(20)] for _ in range(20)])

    assert "times its size" in refusal_of(warehouse, write(tmp_path / "a.xlsx", content))


# --- Workbooks ---

HEADER = [*SHORT_HEADER.split(","), "Content ID"]


def test_the_cells_of_a_workbook_land_as_the_report_has_them(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sheet: list[list[Any]] = [
        HEADER,
        [5001, "Chat", "Message", 2, datetime(2026, 5, 14, 10, 0, 7), 4101],
        ["007", "Chat", "Message", True, datetime(2026, 5, 14, 10, 0, 6, 999_995), "0042"],
        [5003.5, "Chat", "Message", None, date(2026, 5, 14), None],
        [5004, "Chat", "Message", 'two\nlines, "quoted"', "2026-05-14 10:00:00", 123_456_789_012_345],
        [5005, "Chat", "Message", time(9, 5), datetime(1999, 12, 31, 23, 59, 59), " x "],
    ]
    all_landed(warehouse, write(tmp_path / "a.xlsx", workbook_of(sheet)))

    landed = rows(
        warehouse, "select user_id, label, date, content_id, occurred_at::varchar from raw.activities order by 1"
    )
    assert landed == [
        ("007", "true", "2026-05-14 10:00:07", "0042", "2026-05-14 10:00:07"),
        ("5001", "2", "2026-05-14 10:00:07", "4101", "2026-05-14 10:00:07"),
        ("5003.5", "", "2026-05-14 00:00:00", "", "2026-05-14 00:00:00"),
        ("5004", 'two\nlines, "quoted"', "2026-05-14 10:00:00", "123456789012345", "2026-05-14 10:00:00"),
        ("5005", "09:05:00", "1999-12-31 23:59:59", " x ", "1999-12-31 23:59:59"),
    ]
    assert rows(warehouse, "select file_name, file_format, encoding from raw.reports") == [("a.xlsx", "xlsx", "utf-8")]


def test_what_a_workbook_cannot_tell_is_rejected_by_the_record(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sheet: list[list[Any]] = [
        HEADER,
        [1, "Chat", "Message", "good", datetime(2026, 5, 14), None],
        [12_345_678_901_234_567, "Chat", "Message", "too many digits", datetime(2026, 5, 14), None],
        [3, "Chat", "Message", "never", datetime(1900, 1, 1), None],
        [None] * 6,
        [5, "Chat", "Message", "a time alone", time(10), None],
        [6, "Chat", "Message", "the last second there is", datetime(9999, 12, 31, 23, 59, 59, 900_000), None],
    ]
    landing = land(warehouse, write(tmp_path / "a.xlsx", workbook_of(sheet)))

    assert landed_users(warehouse) == [(1, "1")]
    reasons = rows(warehouse, "select record_number, left(reason, 20) from raw.rejected_records order by 1")
    assert [number for number, _ in reasons] == [2, 3, 4, 5, 6]
    assert reasons[0] == (2, "a spreadsheet has sh")
    assert landing.harmless_count == 1


def test_excel_s_rounding_of_a_second_is_undone(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    times = [datetime(2026, 5, 14, hour, minute, (7 * minute) % 60) for hour in range(24) for minute in range(60)]
    sheet: list[list[Any]] = [HEADER, *([number, "Chat", "Message", None, at, None] for number, at in enumerate(times))]
    all_landed(warehouse, write(tmp_path / "a.xlsx", workbook_of(sheet)))

    assert rows(warehouse, "select occurred_at from raw.activities order by record_number") == times


def dated(dates: Sequence[object]) -> bytes:
    """A workbook of records with these dates."""
    return workbook_of([HEADER, *([number, "Chat", "Message", None, at, None] for number, at in enumerate(dates))])


SWAPPED = [datetime(2025, month, 3, hour, 12, 34) for month in range(4, 13) for hour in (0, 9)]


@pytest.mark.parametrize("form", ["General", "dd/mm/yy hh:mm"])
def test_cells_whose_day_and_month_a_spreadsheet_swapped_are_asked_about(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, form: str
) -> None:
    """LibreOffice in en_GB reads 03/04/2025 of a report in US dates as 3 April."""
    workbook = openpyxl.load_workbook(io.BytesIO(dated(SWAPPED)))
    assert isinstance(workbook.active, Worksheet)
    for cell in workbook.active["E"][1:]:
        cell.number_format = form
    out = io.BytesIO()
    workbook.save(out)
    refusal = refusal_of(warehouse, path := write(tmp_path / "a.xlsx", out.getvalue()))

    assert "as yyyy-MM-dd from 2025-04-03 to 2025-12-03, and as yyyy-dd-MM from 2025-03-04 to 2025-03-12." in refusal
    assert "a spreadsheet has swapped day and month. Fix: load the report as it was downloaded; or say" in refusal
    assert "make build DATE_FORMAT=yyyy-dd-MM DECLARE=once, or make build DATE_FORMAT=yyyy-MM-dd" in refusal
    land(warehouse, path, Declaration(date_format="yyyy-dd-MM"))
    assert rows(warehouse, "select max(occurred_at)::varchar from raw.activities") == ["2025-03-12 09:12:34"]


@pytest.mark.parametrize(
    "dates",
    [
        SWAPPED[:9],
        [*SWAPPED, datetime(2025, 4, 13)],
        [datetime(2025, 5, day, 10, day, 7) for day in range(1, 13)],
        [datetime(2025, month, day, 10, day, 7) for month in (4, 5, 6) for day in (2, 3, 7, 8, 12)],
    ],
    ids=["few", "a later day", "days of a month", "days of months"],
)
def test_cells_that_lie_as_close_in_their_own_order_are_read(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[datetime]
) -> None:
    [landing] = all_landed(warehouse, write(tmp_path / "a.xlsx", dated(dates)))

    assert (landing.landed_count, landing.notes) == (len(dates), [])


@pytest.mark.parametrize(
    ("dates", "remembered"),
    [(SWAPPED, "yyyy-MM-dd"), ([str(at) for at in SWAPPED], None)],
    ids=["declared before", "texts"],
)
def test_days_far_apart_are_said_and_read_where_declared_or_no_cells_of_dates(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, dates: list[object], remembered: str | None
) -> None:
    path = write(tmp_path / "a.xlsx", dated(dates))
    landing = land(warehouse, path, Declaration(remembered_date_format=remembered))

    assert (landing.refusal, landing.landed_count) == (None, len(SWAPPED))
    assert rows(warehouse, "select max(occurred_at) from raw.activities") == [max(SWAPPED)]
    [note] = landing.notes
    assert "They were read as yyyy-MM-dd. If the second is right, a spreadsheet has swapped day and month." in note


@pytest.mark.parametrize("title", ["Label", "Date Created"])
def test_cells_of_dates_in_another_column_say_nothing_of_the_texts(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, title: str
) -> None:
    sheet: list[list[Any]] = [["User ID", "Category", "Action", "Date", title]]
    sheet += [[number, "Chat", "Message", str(at), at] for number, at in enumerate(SWAPPED)]
    [landing] = all_landed(warehouse, write(tmp_path / "a.xlsx", workbook_of(sheet)))

    assert landing.landed_count == len(SWAPPED)
    assert sum("a spreadsheet has swapped day and month" in note for note in landing.notes) == 1


@pytest.mark.parametrize("form", ["%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m-%d-%y %I:%M %p"])
def test_a_workbook_where_a_spreadsheet_swapped_some_dates_and_left_others_says_so(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, form: str
) -> None:
    texts = [datetime(2025, 3, day, 10).strftime(form) for day in range(13, 18)]
    refusal = refusal_of(warehouse, write(tmp_path / "a.xlsx", dated([*SWAPPED, *texts])))

    assert "a spreadsheet has swapped day and month of 18 dates, such as '2025-04-03 00:12:34'." in refusal
    assert f"left the others as texts, such as {texts[0]!r}. Fix: load the report as it was downloaded." in refusal


def test_dates_that_a_spreadsheet_swapped_into_the_future_are_named_so_too(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.xlsx", dated([*SWAPPED, "03/13/2025 10:00:00"]))
    landing = land(warehouse, path, Declaration(max_date=date(2025, 6, 30)))

    assert "a spreadsheet has swapped day and month of 18 dates" in (landing.refusal or "")


@pytest.mark.parametrize("other", [datetime(2025, 3, 14), "03/04/2025 10:00:00"])
def test_cells_and_texts_that_no_spreadsheet_made_of_one_order_are_two_orders(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, other: object
) -> None:
    refusal = refusal_of(warehouse, write(tmp_path / "a.xlsx", dated([*SWAPPED, "03/13/2025 10:00:00", other])))

    assert "holds dates of two orders" in refusal


def test_dates_that_count_from_1904_are_read(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    sheet: list[list[Any]] = [HEADER, [1, "Chat", "Message", None, datetime(2026, 5, 14, 10), None]]
    all_landed(warehouse, write(tmp_path / "a.xlsx", workbook_of(sheet, mac_dates=True)))

    assert rows(warehouse, "select date from raw.activities") == ["2026-05-14 10:00:00"]


def test_numbers_that_count_from_1904_are_read_as_dates_of_it(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Of cells without the format of a date the reader gives the number alone; ids and other numbers stay."""
    day, at = 44_694, 44_694 + 10.5 / 24
    dates: list[list[Any]] = [
        ["User ID", "Category", "Action", "Content ID", "Date (UTC)", "data"],
        [day, "Chat", "Message", day, at, day],
        [2, "Chat", "Message", None, datetime(2026, 5, 14, 10, 30), None],
        [3, "Chat", "Message", None, "2026-05-14 10:30:00", None],
    ]
    split: list[list[Any]] = [
        ["Day", "Time", "User ID", "Category", "Action"],
        [day, 0.4375, 4, "Chat", "Message"],
        [date(2026, 5, 14), time(10, 30), 5, "Chat", "Message"],
    ]
    users: list[list[Any]] = [["User ID", "Email", "Date Created"], [6, "a@mail.example", at]]
    book = workbook_of(dates, split, users, mac_dates=True)
    all_landed(warehouse, write(tmp_path / "a.xlsx", book))

    assert rows(warehouse, "select user_id, occurred_at::varchar from raw.activities order by length(user_id), 1") == [
        *((str(user), "2026-05-14 10:30:00") for user in (2, 3, 4, 5, day))
    ]
    of_first = f"select content_id, extra_columns from raw.activities where user_id = '{day}'"
    assert rows(warehouse, of_first) == [(str(day), f'{{"data":"{day}"}}')]
    assert rows(warehouse, "select left(date_created, 8) from raw.users") == ["46156.43"]


@pytest.mark.parametrize("attribute", ['date1904="true"', 'date1904="0"'])
def test_the_workbook_says_from_which_year_it_counts(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, attribute: str
) -> None:
    book = workbook_of([HEADER, [1, "Chat", "Message", None, 44_694, None]])
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        part = re.sub(rb"<workbookPr[^>]*>", f"<workbookPr {attribute}/>".encode(), parts.read("xl/workbook.xml"))
    all_landed(warehouse, write(tmp_path / "a.xlsx", with_part(book, "xl/workbook.xml", part)))

    year = 2026 if "true" in attribute else 2022
    assert rows(warehouse, "select year(occurred_at) from raw.activities") == [year]


def test_every_sheet_lands_but_the_empty_ones(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = [line.split(",") for line in report_text(activity("u1")).splitlines()]
    third = [line.split(",") for line in report_text(activity("u2")).splitlines()]
    landings = all_landed(warehouse, write(tmp_path / "a.xlsx", workbook_of(first, [], third, [["Notes"], ["hello"]])))

    assert [landing.name.removeprefix(f"{tmp_path}/") for landing in landings] == [
        "a.xlsx > Sheet 1",
        "a.xlsx > Sheet 3",
        "a.xlsx > Sheet 4",
    ]
    assert [landing.landed_count for landing in landings] == [1, 1, 0]
    assert "it looks like notes" in (landings[2].refusal or "")
    assert rows(warehouse, FILES) == ["a.xlsx > Sheet 1", "a.xlsx > Sheet 3"]


def book_of_records(change: Callable[[Worksheet], object]) -> bytes:
    """A workbook of a report at B3 with four records and a column of notes, after a change."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.append([])
    sheet.append([])
    sheet.append([None, *SHORT_HEADER.split(","), "Notes"])
    for number in range(4):
        sheet.append([None, 7001 + number, "Chat", "Message", f"hi {number}", f"{DAY[:-1]}{number}"])
    change(sheet)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def formula(text: str, *places: str) -> Callable[[Worksheet], None]:
    """A change that puts a formula into cells, and no value, as openpyxl does."""

    def change(sheet: Worksheet) -> None:
        for place in places:
            sheet[place] = text

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sheet: sheet.merge_cells("B5:B6"), "its cells B5:B6 are merged"),
        (lambda sheet: sheet.merge_cells("A4:C7"), "its cells A4:C7 are merged"),
        (formula("=VALUE(7001)", "B4"), "the formula in its cell B4: its program"),
        (
            formula("=NOW()", "F4", "F6"),
            "in its cell F4 and 1 more: its program",
        ),
        (formula("=D1", "E4", "E5", "E6"), "in its cell E4 and 2 more: its"),
        # A person may have written it, and a program took it for a formula.
        (formula("=D", "E5"), "in its cell E5: its"),
        (formula("=4000+100", "H5"), None),
        (formula("=A1", "C3"), "in its cell C3: its"),
        (formula("=A1", "H3"), "in its cell H3: its"),
        (lambda sheet: sheet.merge_cells("G4:G7"), None),
        (lambda sheet: sheet.merge_cells("C4:D4"), None),
        (formula("=NOW()", "G4"), None),
        (formula("=NOW()", "J9"), None),
        (lambda sheet: sheet.row_dimensions.__getitem__(5).__setattr__("hidden", True), None),
    ],
)
def test_cells_that_hold_less_than_they_show_refuse_a_workbook(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, change: Callable[[Worksheet], object], said: str | None
) -> None:
    [landing] = all_landed(warehouse, write(tmp_path / "a.xlsx", book_of_records(change)))

    assert (landing.landed_count, landing.refusal) == (4, None) if said is None else said in (landing.refusal or "")


@pytest.mark.parametrize("title", LONG_HEADER)
def test_a_formula_without_a_value_refuses_a_workbook_in_each_known_column(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, title: str
) -> None:
    """One such cell would land as blank, and its record would be on no page, or of nobody."""
    records = [[f"7{number}", *["x"] * 7, DAY, "4100", "x", "x"] for number in range(9)]
    records[4][LONG_HEADER.index(title)] = "=4000+100"
    said = refusal_of(warehouse, write(tmp_path / "a.xlsx", workbook_of([LONG_HEADER, *records])))

    assert f"the formula in its cell {'ABCDEFGHIJKL'[LONG_HEADER.index(title)]}6: its program" in said


def test_a_formula_whose_value_is_stored_is_read(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Excel stores a value beside each formula, also an empty text."""
    book = book_of_records(formula("=HI()", "E4", "E5"))
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        part = parts.read("xl/worksheets/sheet1.xml")
    part = re.sub(rb'<c r="E4"><f>(.*?)</f><v ?/>', rb'<c r="E4" t="str"><f>\1</f><v>hello</v>', part)
    part = re.sub(rb'<c r="E5"><f>(.*?)</f><v ?/>', rb'<c r="E5" t="str"><f>\1</f><v></v>', part)
    all_landed(warehouse, write(tmp_path / "a.xlsx", with_part(book, "xl/worksheets/sheet1.xml", part)))

    assert rows(warehouse, "select label from raw.activities order by date") == ["hello", "", "hi 2", "hi 3"]


def test_an_error_in_a_cell_is_kept_and_said(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """The reader gives a blank cell for it: an id would be that of nobody, and a label none."""

    def change(sheet: Worksheet) -> None:
        for place, error in {"E4": "#NAME?", "B5": "#REF!", "E6": "#N/A", "F7": "#VALUE!", "G4": "#NUM!"}.items():
            sheet[place] = error
            assert sheet[place].data_type == "e"

    [landing] = all_landed(warehouse, write(tmp_path / "a.xlsx", book_of_records(change)))

    assert rows(warehouse, "select user_id, label from raw.activities order by 1") == [
        ("7001", "#NAME?"),
        ("7003", "#N/A"),
    ]
    assert rows(warehouse, "select record_number, kind from raw.rejected_records order by 1") == [
        (2, "lost_id"),
        (4, "unreadable_date"),
    ]
    assert [note.partition(". Fix")[0] for note in landing.notes if "spreadsheet" in note] == [
        "an error of the spreadsheet is in 2 cells of its column Label, first in E4: '#NAME?'",
        "an error of the spreadsheet is in 1 cell of its column User ID, first in B5: '#REF!'",
        "an error of the spreadsheet is in 1 cell of its column Date, first in F7: '#VALUE!'",
    ]


@pytest.mark.parametrize("row_count", [1, 4])
def test_a_date_in_a_label_is_said(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, row_count: int) -> None:
    """A spreadsheet makes one of the answer 1/2. The column Date and unknown columns may hold dates."""
    sheet: list[list[Any]] = [
        [*HEADER, "Notes"],
        *(
            [7001 + number, "Chat", "Message", date(2026, 1, 2), datetime(2026, 5, 14, 10, 0, number), 4100, time(9)]
            for number in range(row_count)
        ),
        [7009, "Chat", "Message", time(9, 5), datetime(2026, 5, 14), date(2024, 1, 2)],
    ]
    [landing] = all_landed(warehouse, write(tmp_path / "a.xlsx", workbook_of(sheet)))

    assert landing.landed_count == row_count + 1
    said = [note.partition(". A")[0].removeprefix("a date or a time is in ") for note in landing.notes]
    assert said == [
        f"{row_count + 1} cells of its column Label, first in D2, and was read as '2026-01-02 00:00:00'",
        f"1 cell of its column Content ID, first in F{row_count + 2}, and was read as '2024-01-02 00:00:00'",
    ]


@pytest.mark.parametrize(
    ("value", "code", "text", "kind"),
    [
        (0.45, "0%", "45%", ""),
        (1, "0.00%", "100%", ""),
        (0.125, "0.00\\\u00a0%", "12.5%", ""),
        (0.07, "%0.00", "7%", ""),
        (85, '0"%"', "85", "or the like"),
        (85, r"0\%", "85", "or the like"),
        (85, '0.0" % done"', "85", "or the like"),
        (85, '0"%;"', "85", "or the like"),
        (85, '0"%_"', "85", "or the like"),
        (0.85, '0%" done"', "85%", ""),
        (85, '0" E-mails"', "85", "or the like"),
        (12, "0000", "0012", "leading zeros"),
        (3, "0", "3", ""),
        (3.5, "0.00_);[Red](0.00)", "3.5", ""),
        (5, "[$-409]0.00", "5", ""),
        (1234, "#,##0", "1234", "of thousands"),
        (5, '"$"#,##0.00', "5", "of a currency"),
        (5, "[$€-407] 0.00", "5", "of a currency"),
        (7, '0" kg"', "7", "or the like"),
        (0.5, "# ?/?", "0.5", "or the like"),
        (100_000, "0.00E+00", "100000", "a power of ten"),
        (True, "General", "true", "TRUE or FALSE"),
        (timedelta(hours=45, minutes=30), "[h]:mm:ss", "45:30:00", "a date or a time"),
    ],
)
def test_a_number_is_read_with_its_format_or_said(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, value: object, code: str, text: str, kind: str
) -> None:
    def change(sheet: Worksheet) -> None:
        cell = sheet["E5"]
        cell.value, cell.number_format = value, code
        # Neither a blank cell nor one beside the report has a text.
        sheet["E6"].value, sheet["E6"].number_format = None, code
        sheet["A5"].number_format = code

    [landing] = all_landed(warehouse, write(tmp_path / "a.xlsx", book_of_records(change)))

    assert rows(warehouse, "select label from raw.activities order by record_number")[1:3] == [text, ""]
    said = f"in 1 cell of its column Label, first in E5, and was read as {text!r}. A spreadsheet makes such of texts"
    assert [kind in note for note in landing.notes if said in note] == ([True] if kind else [])
    assert sum("A spreadsheet makes" in note for note in landing.notes) == bool(kind)


def test_an_id_with_a_format_of_thousands_is_its_number(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        for cell in sheet["B"][3:]:
            cell.number_format = "#,##0"

    [landing] = all_landed(warehouse, write(tmp_path / "a.xlsx", book_of_records(change)))

    assert not any("A spreadsheet makes" in note for note in landing.notes)
    assert [user for _, user in landed_users(warehouse)] == ["7001", "7002", "7003", "7004"]


def test_a_hidden_sheet_is_read_and_named_so(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.copy_worksheet(sheet).sheet_state = "veryHidden"
        sheet.parent.worksheets[1]["E4"] = "other"

    landings = all_landed(warehouse, write(tmp_path / "a.xlsx", book_of_records(hide)))
    assert [landing.name.rpartition("/")[2] for landing in landings] == [
        "a.xlsx > Sheet",
        "a.xlsx > Sheet Copy (hidden)",
    ]


def test_a_workbook_with_one_sheet_that_holds_something_goes_by_its_own_name(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = [line.split(",") for line in REPORT.splitlines()]
    all_landed(warehouse, write(tmp_path / "a.xlsx", workbook_of(first, [], [])))

    assert rows(warehouse, FILES) == ["a.xlsx"]


def test_an_empty_workbook_is_refused(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert "it is empty" in refusal_of(warehouse, write(tmp_path / "a.xlsx", workbook_of([], [])))


def with_part(content: bytes, name: str, part: bytes | None) -> bytes:
    """A workbook with another part, or without it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: dict[str, str | bytes] = {member: archive.read(member) for member in archive.namelist()}
    if part is None:
        del parts[name]
    else:
        parts[name] = part
    return zipped(parts)


BOOK = workbook_of([line.split(",") for line in REPORT.splitlines()])
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("xl/workbook.xml", None),
        ("xl/workbook.xml", b""),
        ("xl/workbook.xml", b"<workbook><sheets/></workbook>"),
        ("xl/_rels/workbook.xml.rels", None),
        (SHEET, None),
        (SHEET, b"<worksheet"),
        (SHEET, b'<worksheet><sheetData><row r="1"><c r="ZZZZZZZZ1"><v>1</v></c></row></sheetData></worksheet>'),
        (SHEET, b'<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>'),
        (SHEET, b'<worksheet><sheetData><row r="99999999999"><c><v>1</v></c></row></sheetData></worksheet>'),
    ],
)
def test_a_workbook_with_a_damaged_part_is_refused(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, part: bytes | None
) -> None:
    refusal_of(warehouse, write(tmp_path / "a.xlsx", with_part(BOOK, name, part)))


SHEET_OF = "<worksheet><sheetData>{}</sheetData></worksheet>"
FAR = SHEET_OF.format('<row><c r="A1"><v>1</v></c><c {} r="XFD1048576"><v>1</v></c></row>')


def bombs() -> dict[str, bytes]:
    """Workbooks of some kilobytes that end the process of their reader, or keep it busy."""
    elsewhere = with_part(BOOK, "xl/far.xml", FAR.format("").encode())
    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        links = archive.read("xl/_rels/workbook.xml.rels").replace(b"worksheets/sheet1.xml", b"far.xml")
    row = "".join(f'<c r="A{number}" t="s"><v>0</v></c>' for number in range(1, 2001))
    text = SHEET_OF.format(f"<row>{row}</row>").encode()
    strings = b"<sst><si><t>" + b"x" * (3 << 20) + b"</t></si></sst>"
    return {
        "far away": with_part(BOOK, SHEET, FAR.format("").encode()),
        "in a sheet of another folder": with_part(elsewhere, "xl/_rels/workbook.xml.rels", links),
        "behind a sign that ends no tag": with_part(BOOK, SHEET, FAR.format('x=">"').encode()),
        "one text in many cells": with_part(with_part(BOOK, SHEET, text), "xl/sharedStrings.xml", strings),
    }


with zipfile.ZipFile(io.BytesIO(BOOK)) as book:
    WRONG_TAG = book.read(SHEET).replace(b"</row>", b"</c>", 1)
MANY = "".join(f'<sheet name="S{number}" sheetId="{number}" r:id="rId1"/>' for number in range(1, 102))
LONG_NAME = f'<sheet name="{"N" * 70_000}" sheetId="1" r:id="rId1"/><sheet name="T" sheetId="2" r:id="rId1"/>'


def with_sheets(sheets: str) -> bytes:
    """The workbook with these in its list of sheets."""
    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        book = archive.read("xl/workbook.xml").decode()
    return with_part(
        BOOK, "xl/workbook.xml", re.sub("<sheets>.*</sheets>", f"<sheets>{sheets}</sheets>", book).encode()
    )


def encrypted(archive: bytes) -> bytes:
    """An archive whose members are marked as locked."""
    for head, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        for found in re.finditer(re.escape(head), archive):
            flags = found.start() + place
            archive = archive[:flags] + bytes([archive[flags] | 1]) + archive[flags + 1 :]
    return archive


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (encrypted(BOOK), "it is locked with a password. Fix: save it without one, or as 'CSV UTF-8'."),
        (with_part(BOOK, SHEET, None), "can be read: its list names the sheet Sheet 1, which is not in it. Fix: save"),
        (
            with_part(BOOK, SHEET, b"<worksheet><sheetData><row>"),
            f"can be read: its part {SHEET} is broken, no element found: line 1, column 27. Fix: save",
        ),
        # The reader passed over the row with the wrong tag, and landed the others.
        (with_part(BOOK, SHEET, WRONG_TAG), f"its part {SHEET} is broken, mismatched tag"),
        # Each is a process of its own, and all of them may be one part of some kilobytes.
        (
            with_sheets(MANY),
            "it has 101 sheets; more than 100 are not read. Fix: save those with reports as 'CSV UTF-8'.",
        ),
    ],
)
def test_why_a_workbook_is_refused_is_said_in_words(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes, said: str
) -> None:
    assert said in refusal_of(warehouse, write(tmp_path / "a.xlsx", content))


def test_a_name_of_a_sheet_fills_no_screen(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first, _ = all_landed(warehouse, write(tmp_path / "a.xlsx", with_sheets(LONG_NAME)))
    assert first.landed_count == 2
    assert first.name.endswith(f"a.xlsx > {'N' * 99}…")


@pytest.mark.slow
@pytest.mark.parametrize("bomb", bombs())
def test_a_workbook_that_ends_its_reader_is_refused_and_the_next_report_loads(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: str
) -> None:
    monkeypatch.setattr(workbooks, "MEMORY_BYTES", 1 << 30)
    paths = [write(tmp_path / "a.xlsx", bombs()[bomb]), write(tmp_path / "b.csv", REPORT)]
    refused, landed = land_reports(warehouse, paths, Declaration())

    assert "takes more than 1 GB of memory: no report does. Fix: delete what" in (refused.refusal or "")
    assert landed.landed_count == 2


@pytest.mark.slow
def test_a_workbook_that_keeps_its_reader_busy_is_refused(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "SECONDS", 1)
    cells = SHEET_OF.format(("<row>" + "<c><v>1</v></c>" * 200 + "</row>") * 15_000).encode()

    assert "takes more than 1 s" in refusal_of(warehouse, write(tmp_path / "a.xlsx", with_part(BOOK, SHEET, cells)))


# --- What is no report ---

OTHER_WORKBOOK = "it is a workbook that is not read, and no CSV. Fix: save it as .xlsx or as 'CSV UTF-8'."


def tar_of(members: dict[str, str]) -> bytes:
    """A tar archive of these members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.ods", "a.csv", "a.xlsx", "a.txt"])
@pytest.mark.parametrize(
    "members",
    [
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"},
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet-template", "content.xml": "<x/>"},
        {"Index/Document.iwa": "x", "preview.jpg": "x"},
    ],
)
def test_another_workbook_is_named_whatever_its_file_is_called(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, members: dict[str, str | bytes]
) -> None:
    assert refusal_of(warehouse, write(tmp_path / name, zipped(members))) == OTHER_WORKBOOK


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a workbook of an old Excel or with a password, and no CSV"),
        (b"%PDF-1.7\n", "it is a PDF, and no CSV. Fix: download the report as CSV."),
        (b"Rar!\x1a\x07", "it is a RAR archive, and no CSV. Fix: unpack it."),
        (b"7z\xbc\xaf\x27\x1c", "it is a 7-Zip archive, and no CSV. Fix: unpack it."),
        (b"BZh91AY", "packed by bzip2"),
        (b"\xfd7zXZ\x00", "packed by xz"),
        (b"\x28\xb5\x2f\xfd", "packed by zstd"),
        (b"PAR1", "a Parquet file"),
        (b"\x89PNG\r\n", "a picture"),
        (b"<!DOCTYPE html><p>Your session has expired", "a web page, such as one that says that a session has expired"),
        (b"\xef\xbb\xbf \n<HTML><head>", "a web page"),
        (b'<table border="1" class="dataframe">\n<thead>', "a web page, and no CSV"),
        (b"<?xml version='1.0'?><!DOCTYPE html>", "a web page"),
        (b"<?xml version='1.0'?><rows>", "it is XML, and no CSV. Fix: download the report as CSV."),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>', OTHER_WORKBOOK),
        (b'<?xml version="1.0"?>\n<office:document xmlns:xhtml="http://www.w3.org/1999/xhtml">', OTHER_WORKBOOK),
        (b'<html xmlns:x="urn:schemas-microsoft-com:office:excel">', OTHER_WORKBOOK),
        (b"ID;PWXL;N;E\r\nP;PGeneral\r\n", OTHER_WORKBOOK),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\n', OTHER_WORKBOOK),
        (tar_of({"a.csv": REPORT}), "it is a tar archive, and no CSV. Fix: unpack it."),
        (b'{"error": "no"}', "it is JSON"),
        (b'[{"id": 1}]', "it is JSON"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_what_is_no_report_is_refused_by_what_it_is(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes, said: str, name: str
) -> None:
    path = write(tmp_path / name, gzip.compress(content, mtime=0) if name.endswith(".gz") else content)

    assert said in refusal_of(warehouse, path)


# --- Folders and links ---


def test_links_that_lead_out_of_a_folder_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    (folder / "deep").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    outside = write(tmp_path / "outside" / "secret.csv", REPORT)
    inside = write(folder / "deep" / "a.csv", REPORT)
    for name, target in {
        "out.csv": outside,
        "relative.csv": Path("..", "outside", "secret.csv"),
        "within.csv": inside,
        "gone.csv": folder / "none.csv",
    }.items():
        (folder / name).symlink_to(target)
    (folder / "folder").symlink_to(outside.parent)
    (folder / "round").symlink_to(folder)

    assert find_reports([str(folder)]) == [inside, folder / "within.csv"]
    # A folder that is a link, and a link that is named itself, are what the user means.
    (tmp_path / "link").symlink_to(folder)
    assert find_reports([str(tmp_path / "link")]) == [
        tmp_path / "link" / "deep" / "a.csv",
        tmp_path / "link" / "within.csv",
    ]
    assert find_reports([str(folder / "out.csv")]) == [folder / "out.csv"]


def test_what_excel_keeps_beside_an_open_workbook_is_left_out(tmp_path: Path) -> None:
    for name in ("~$a.xlsx", "a.xlsx", "b.zip", "c.tsv", "d.tsv.gz", "e.xls", ".e.csv", "f.csv~"):
        write(tmp_path / name, "x")

    assert [path.name for path in find_reports([str(tmp_path)])] == ["a.xlsx", "b.zip", "c.tsv", "d.tsv.gz"]


ONE_REPORT = "User ID,Category,Action,Label,Date\n7001,Chat,Message,hi,2024-05-13 10:30:00\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("r.CSV", ONE_REPORT, None),
        ("r.txt", ONE_REPORT, None),
        ("r.txt", '"Category", "User ID", "Action", "Date"\n', None),
        ("r.tab", ONE_REPORT.replace(",", "\t"), None),
        ("r.csv (1)", ONE_REPORT, None),
        ("r.csv(2)", ONE_REPORT, None),
        ("r.csv.1", ONE_REPORT, None),
        ("r.csv copy", ONE_REPORT, None),
        ("report", ONE_REPORT, None),
        ("r.csv.txt", ONE_REPORT.encode("utf-16"), None),
        ("r.psv", ONE_REPORT.replace(",", "|"), None),
        ("r.dat", "Our activities\n\n" + ONE_REPORT, None),
        ("emails.dat", "Email,Tags\nann@x.example,vip\n", None),
        ("notes.txt", "what we want to do", "it does not begin with the header of a report"),
        ("tasks.txt", "Category,Label,Date\nto do,2024-05-13,x\n", "it does not begin with the header of a report"),
        ("Makefile", "all:\n\ttrue\n", "it does not begin with the header of a report"),
        ("r.dat", b"\x00\x01\xff" * 999, "it does not begin with the header of a report"),
        ("r.txt", b"", "it does not begin with the header of a report"),
        ("r.txt.gz", gzip.compress(b"what we want to do", mtime=0), "it does not begin with the header of a report"),
        ("r.txt.gz", gzip.compress(b"x" * 99, mtime=0)[:-20], "nobody can look into it: Compressed file ended"),
        ("r.xls", ONE_REPORT, "save it as .xlsx"),
        ("r.xlsb", ONE_REPORT, "save it as .xlsx"),
        ("r.ods", ONE_REPORT, "save it as .xlsx"),
        ("r.csv.bz2", ONE_REPORT, "unpack it"),
        ("r.csv.xz", ONE_REPORT, "unpack it"),
        ("r.tar.gz", ONE_REPORT, "unpack it"),
        ("r.csv.crdownload", ONE_REPORT, "download it again"),
        ("r.csv.part", ONE_REPORT, "download it again"),
        ("r.html", ONE_REPORT, "download the report as CSV"),
        ("~$r.xlsx", "x", "the lock of a workbook"),
        (".~lock.r.ods#", "x", "the lock of a workbook"),
        ("r.csv~", ONE_REPORT, "its name ends like that of no report"),
        ("README.md", "x", ""),
        (".gitkeep", "", ""),
        (".DS_Store", "x", ""),
        ("Thumbs.db", "x", ""),
        (".r.csv.icloud", "x", "in the cloud"),
    ],
)
def test_a_file_is_read_or_named_with_the_reason_in_a_folder_and_in_an_archive(
    tmp_path: Path, name: str, content: str | bytes, reason: str | None
) -> None:
    (tmp_path / "folder").mkdir()
    path = write(tmp_path / "folder" / name, content)
    archive = write(tmp_path / "a.zip", zipped({f"deep/{name}": content, "good.csv": REPORT}))
    left_out = passed_over([str(path.parent)]), passed_over([str(archive)])

    assert find_reports([str(path.parent)]) == ([path] if reason is None else [])
    members = {report.name for report in reports_in(archive)}
    assert members == {"a.zip > good.csv"} | ({f"a.zip > deep/{name}"} if reason is None else set())
    assert [one.shown for one in left_out[0]] == ([str(path)] if reason else [])
    assert [one.shown for one in left_out[1]] == ([f"{archive} > deep/{name}"] if reason else [])
    assert all((reason or "") in one.reason and "Fix:" in one.reason for one in [*left_out[0], *left_out[1]])


def test_a_download_of_safari_that_is_not_finished_is_named(tmp_path: Path) -> None:
    """It may end at the end of a record, so that nothing else shows what is missing."""
    folder = tmp_path / "r.csv.download"
    folder.mkdir()
    path = write(folder / "r.csv", REPORT)

    assert find_reports([str(tmp_path)]) == []
    assert [(one.path, "not finished" in one.reason) for one in passed_over([str(tmp_path)])] == [(path, True)]
    assert find_reports([str(folder)]) == [path]


def test_a_folder_that_is_closed_is_named(tmp_path: Path) -> None:
    """Its reports would be missing without a word."""
    closed = tmp_path / "closed"
    closed.mkdir()
    with mock.patch("reports.files.os.access", lambda path, _: path != closed):
        assert [(one.path, one.reason) for one in passed_over([str(tmp_path)])] == [
            (closed, "your user may not look into this folder. Fix: give it the right to.")
        ]


def test_files_in_a_folder_that_only_lists_them_are_left_out_with_it(tmp_path: Path) -> None:
    """Their names are known, and pathlib raises: no other report was loaded."""
    closed = tmp_path / "closed"
    closed.mkdir()
    report, _ = write(tmp_path / "a.csv", REPORT), write(closed / "b.csv", REPORT)
    is_file, stat = os.path.isfile, Path.stat

    def refused(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.parent == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, follow_symlinks=follow_symlinks)

    with (
        mock.patch.object(Path, "stat", refused),
        mock.patch("reports.files.os.path.isfile", lambda path: Path(path).parent != closed and is_file(path)),
        mock.patch("reports.files.os.access", lambda path, _: path != closed),
    ):
        assert find_reports([str(tmp_path)]) == [report]
        assert [one.path for one in passed_over([str(tmp_path)])] == [closed]
        assert [one.path for one in passed_over([str(closed)])] == [closed]


def test_what_is_named_and_no_file_is_said_beside_a_report(tmp_path: Path) -> None:
    report, gone = write(tmp_path / "a.csv", REPORT), tmp_path / "b.csv"
    gone.symlink_to("nothing.csv")

    assert find_reports([str(report), str(gone)]) == [report]
    assert [one.path for one in passed_over([str(report), str(gone)])] == [gone]


def test_closed_standard_input_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    [report] = reports_in(Path("-"))
    with pytest.raises(ReportRefused, match="it is closed"):
        report.as_text(tmp_path)


def test_what_cannot_be_looked_at_is_not_said_to_have_been(tmp_path: Path) -> None:
    """A password hides what a text in an archive is."""
    archive = zipped({"a.txt": REPORT, "b.csv": REPORT}, zipfile.ZIP_STORED)
    path = write(tmp_path / "a.zip", with_flag(archive, flag=1))

    [left_out] = passed_over([str(path)])
    assert "nobody can look into it: it is locked with a password" in left_out.reason


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (lambda path: path.symlink_to(path.with_name("nothing.csv")), "a link to nothing"),
        (lambda path: path.symlink_to("/dev/zero"), "a link that leads out of the folder"),
        (lambda path: path.symlink_to(path), "a link to nothing"),
        (lambda path: path.symlink_to("/dev"), "a link to a folder elsewhere"),
        (lambda path: path.symlink_to(path.parent), None),
        (os.mkfifo, "no ordinary file"),
        (Path.mkdir, None),
    ],
)
def test_what_is_no_ordinary_file_is_named_too(
    tmp_path: Path, place: Callable[[Path], None], reason: str | None
) -> None:
    path = tmp_path / "r.csv"
    place(path)

    assert find_reports([str(tmp_path)]) == []
    left_out = passed_over([str(tmp_path)])
    assert [(one.path, (reason or "") in one.reason) for one in left_out] == ([(path, True)] if reason else [])


@pytest.mark.parametrize("is_named", [True, False])
def test_what_an_archive_holds_beside_its_reports_is_named(tmp_path: Path, is_named: bool) -> None:
    members = ["a.csv", "deep/b.xls", "c.jpg", "__MACOSX/._a.csv", ".DS_Store", "README.txt"]
    archive = write(tmp_path / "r.zip", zipped(dict.fromkeys(members, REPORT)))
    left_out = passed_over([str(archive if is_named else tmp_path)])

    assert [one.shown for one in left_out] == [f"{archive} > c.jpg", f"{archive} > deep/b.xls"]
    assert "save it as .xlsx" in left_out[1].reason


# --- Names and texts on the terminal ---


def test_a_file_name_that_is_no_utf_8_lands_and_is_shown(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = [
        write(tmp_path / os.fsdecode(b"caf\xe9.csv"), REPORT),
        write(tmp_path / os.fsdecode(b"caf\xe9.zip"), zipped({"a.csv": report_text(activity("a"))})),
        write(tmp_path / os.fsdecode(b"caf\xe9.csv.gz"), b"%PDF"),
    ]
    landings = all_landed(warehouse, *paths)

    assert rows(warehouse, FILES) == ["caf\\xe9.csv", "caf\\xe9.zip > a.csv"]
    assert [landing.name.removeprefix(f"{tmp_path}/") for landing in landings[:2]] == rows(warehouse, FILES)
    "".join(map(describe, landings)).encode()


@pytest.mark.parametrize(
    "sign", ["\x1b", "\x07", "\x00", "\r", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\udce9"]
)
def test_signs_that_steer_a_terminal_are_written_out(sign: str) -> None:
    shown = printable(f"a{sign}b")

    assert sign not in shown
    assert shown.startswith("a\\")
    assert shown.endswith("b")


def test_what_a_file_says_never_reaches_the_terminal_raw(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    evil = "\x1b]0;x\x07[bold red]\u202eevil\u2066"
    header = SHORT_HEADER.replace("Date", "Date,") + evil
    landings = all_landed(
        warehouse,
        write(
            tmp_path / f"{evil}.csv",
            report_text(activity("u1", date="x" + evil) + ",", activity("u2") + ",", header=header),
        ),
        write(tmp_path / f"{evil}2.csv", report_text(header=evil + ",User ID")),
        write(tmp_path / f"{evil}3.csv", report_text(activity("u1") + ",", activity("u2") + ",", header=header)),
        write(tmp_path / f"{evil}4.csv", report_text(activity("u1") + ",", activity("u2") + ",", header=header)),
        write(tmp_path / f"{evil}.zip", zipped({f"{evil}.csv": "", "b.csv": report_text(activity("b"))})),
    )

    assert len(landings) == 6
    for landing in landings:
        said = describe(landing)
        assert "evil" in said
        assert not set(said) & set("\x1b\x07\u202e\u2066")
        # Rich takes what follows an escaping backslash for a text.
        assert "\\[bold red]" in said
        assert said.replace("\\[bold red]", "").count("[bold red]") == 0


def test_formulas_are_kept_word_for_word(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    labels = ["=1+1", '=HYPERLINK("http://x","y")', "@SUM(A1)", "+1", "-1", "\t=1", "=cmd|' /C calc'!A0"]
    lines = [activity("u", '"' + label.replace('"', '""') + '"') for label in labels]
    land(warehouse, write(tmp_path / "a.csv", report_text(*lines)))

    assert rows(warehouse, "select label from raw.activities order by record_number") == labels


# --- The spool ---


def test_the_folder_for_what_is_unpacked_is_gone_afterwards(tmp_path: Path) -> None:
    report = write(tmp_path / "a.csv.gz", gzip.compress(REPORT.encode(), mtime=0))
    spool = tmp_path / "w.duckdb.landing"
    with connect(tmp_path / "w.duckdb") as warehouse:
        landings = land_reports(warehouse, [report, report], Declaration())
        next(landings)
        assert spool.stat().st_mode & 0o777 == 0o700
        landings.close()  # type: ignore[attr-defined]
        assert not spool.exists()
        list(land_reports(warehouse, [report], Declaration()))
        assert not spool.exists()


def test_what_a_killed_loader_left_unpacked_is_taken_away(tmp_path: Path) -> None:
    report = write(tmp_path / "a.csv", REPORT)
    left = tmp_path / "w.duckdb.landing" / "of another loader"
    left.mkdir(parents=True)
    write(left / "report.csv", "somebody's")
    with connect(tmp_path / "w.duckdb") as warehouse:
        landings = land_reports(warehouse, [report], Declaration())
        next(landings)
        assert not left.exists()
        assert list(landings) == []
        assert not left.parent.exists()


def test_a_warehouse_in_a_folder_with_signs_of_a_glob_lands_reports(tmp_path: Path) -> None:
    folder = tmp_path / "a[b]* {c}"
    report = write(tmp_path / "a.csv.gz", gzip.compress(REPORT.encode(), mtime=0))
    with connect(folder / "w.duckdb") as warehouse:
        assert land(warehouse, report).landed_count == 2


# --- Standard input ---


def land_standard_input(folder: Path, content: bytes) -> subprocess.CompletedProcess[str]:
    command = [str(PROJECT_ROOT / "scripts" / "load_reports.py"), "--database", str(folder / "w.duckdb"), "-"]
    environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "200"}
    done = run_warm(command, folder, environment, content, needs_dbt=False)
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return subprocess.CompletedProcess(done.args, done.returncode, said, "")


def test_standard_input_is_landed(tmp_path: Path) -> None:
    done = land_standard_input(tmp_path, REPORT.encode("utf-16"))

    assert done.returncode == 0, done.stdout
    assert "standard input: 2 records" in done.stdout
    with connect(tmp_path / "w.duckdb", read_only=True) as warehouse:
        assert landed_users(warehouse) == [(1, "u1"), (2, "u2")]
        assert rows(warehouse, FILES) == ["standard input"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (
            gzip.compress(REPORT.encode(), mtime=0),
            "it is packed, and standard input is read as it is. Fix: give the name",
        ),
        (b"%PDF-1.7", "it is a PDF"),
    ],
)
def test_standard_input_that_is_no_report_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    done = land_standard_input(tmp_path, content)

    assert done.returncode == 1
    assert said in done.stdout


def test_a_file_that_may_not_be_read_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", REPORT)
    denied = PermissionError(errno.EACCES, "Permission denied")
    with (
        mock.patch.object(Path, "open", side_effect=denied),
        pytest.raises(ReportRefused, match=r"Permission denied\. Fix: give your user the right to read it\."),
    ):
        reports_in(path)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportRefused, match=r"it cannot be read: No such file or directory\. Fix:"):
        reports_in(tmp_path / "none.csv")
