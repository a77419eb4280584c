"""Each distinct record of a site is stored once, and every report still has all its records, word for word."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from landing.landed import delete_reports
from landing.outcome import Declaration
from loader_fixtures import HEADER, activity, land, landed_users, report_text, rows, write
from removal.erase import forget
from removal.subject import find_person
from warehouse.database import connect
from warehouse.raw import renumber_copies
from warehouse.raw_tables import RAW_TABLES, prepare_raw, raw_to_read

pytestmark = pytest.mark.slow

TABLES = ("events", "user_names", "content_names", "records", "report_records")
ALL = "from raw.activities order by report_id, record_number"
COLUMNS = (
    "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw'"
    " order by table_name, column_index"
)


def full(*records: Sequence[str]) -> str:
    """A report with all columns."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *records])
    return text.getvalue()


def record(user: str, last: str = "Lovelace", page: str = "Keynote", second: int = 0) -> tuple[str, ...]:
    names = (user, "Ada", last, "Mill", f"{last.lower()}@mail.example")
    return (*names, "Session", "Joined", "Talk", f"2026-05-12 10:00:{second:02}", "1", page, page.lower())


def sizes(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {table: rows(warehouse, f"select count(*) from raw.{table}")[0] for table in TABLES}


def texts_of(warehouse: duckdb.DuckDBPyConnection, file_name: str) -> list[Any]:
    """The records of a report as they are written, without what the loader makes of them."""
    columns = ", ".join(
        name
        for name in rows(warehouse, "select column_name from (describe raw.activities)")
        if name not in ("report_id", "record_number", "extra_columns", "occurred_at", "time_flag")
    )
    of_report = f"(select report_id from raw.reports where file_name = '{file_name}')"
    return rows(warehouse, f"select {columns} from raw.activities where report_id = {of_report} order by record_number")


def test_a_download_that_holds_all_before_it_stores_only_what_is_new(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    old = [record("1"), record("2"), record("1", second=1)]
    new = [*old, record("3")]
    first = land(warehouse, write(tmp_path / "a.csv", full(*old)))
    second = land(warehouse, write(tmp_path / "b.csv", full(*new)))

    assert (first.landed_count, first.new_count) == (3, 3)
    assert (second.landed_count, second.new_count) == (4, 1)
    assert sizes(warehouse) == {
        "events": 4,
        "user_names": 3,
        "content_names": 1,
        "records": 4,
        "report_records": 7,
    }
    assert texts_of(warehouse, "a.csv") == old
    assert texts_of(warehouse, "b.csv") == new


def test_a_renamed_person_or_page_stores_the_name_and_no_event(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    old = [record(str(user), second=second) for user in range(5) for second in range(4)]
    new = [
        (*line[:2], "King", *line[3:])
        if line[0] == "1"
        else (*line[:10], "Opening", line[11])
        if line[0] == "4"
        else line
        for line in old
    ]
    land(warehouse, write(tmp_path / "a.csv", full(*old)))
    before = sizes(warehouse)
    landing = land(warehouse, write(tmp_path / "b.csv", full(*new)))

    assert landing.new_count == 0
    assert sizes(warehouse) == before | {
        "user_names": before["user_names"] + 1,
        "content_names": before["content_names"] + 1,
        "records": before["records"] + 8,
        "report_records": 40,
    }
    stored = warehouse.execute("select record_id from raw.report_records where report_number = 2").fetchall()
    assert stored == sorted(stored), "ids that rise take less space"
    assert texts_of(warehouse, "a.csv") == old
    assert texts_of(warehouse, "b.csv") == new


@pytest.mark.parametrize("has_collisions", [False, True])
def test_equal_records_of_a_file_are_told_apart_by_their_number(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, *, has_collisions: bool
) -> None:
    """Of two, three and one the third is new; also where all texts have the same hash."""
    if has_collisions:
        # The hash of the texts; the twin check has one of fewer columns.
        own = ", ".join(
            f"({', '.join('abcdefghij'[:count])}) as md5_number(concat_ws('~', {', '.join('abcdefghij'[:count])}))"
            for count in range(1, 7)
        )
        warehouse.execute(f"create temp macro hash {own}, (a, b, c, d, e, f, g) as 1")
    for name, count in (("two", 2), ("three", 3), ("one", 1)):
        lines = [activity("1"), *[activity("7")] * count]
        landing = land(warehouse, write(tmp_path / f"{name}.csv", report_text(*lines)))
        assert landing.new_count == {"two": 3, "three": 1, "one": 0}[name]
    assert rows(warehouse, "select user_id, copy_number from raw.events order by all") == [
        ("1", 1),
        ("7", 1),
        ("7", 2),
        ("7", 3),
    ]
    found = "select count(*) from raw.activities where user_id = '7' group by report_id order by 1"
    assert rows(warehouse, found) == [1, 2, 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (activity("1"), activity(" 1")),
        (activity("1", label=""), activity("1", label=" ")),
        (activity("1"), activity("1", date="2024-05-01T10:00:00")),
        (activity("1"), activity("1", date=" 2024-05-01 10:00:00")),
    ],
)
def test_what_is_written_otherwise_is_another_event(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, one: str, other: str
) -> None:
    for name, line in (("a", one), ("b", other)):
        assert land(warehouse, write(tmp_path / f"{name}.csv", report_text(line))).new_count == 1
    kept = rows(warehouse, "select user_id, category, action, label, date from raw.activities order by record_number")
    assert sorted(kept) == sorted([tuple(one.split(",")), tuple(other.split(","))])


def test_a_file_without_a_column_is_not_one_with_blanks_in_it(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    header = "User ID,Category,Action,Label,Date"
    land(warehouse, write(tmp_path / "a.csv", report_text(activity("1"))))
    land(warehouse, write(tmp_path / "b.csv", report_text(activity("1") + ",", header=header + ",Content ID")))
    assert rows(warehouse, "select content_id from raw.activities order by all") == ["", None]


def test_another_time_zone_and_another_site_share_nothing(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for name, declaration in (
        ("a", Declaration()),
        ("b", Declaration(time_zone="Asia/Tokyo")),
        ("c", Declaration(site_id="other")),
    ):
        path = write(tmp_path / f"{name}.csv", report_text(activity("1"), activity(name)))
        assert land(warehouse, path, declaration).new_count == 2
    assert rows(warehouse, "select distinct date from raw.activities") == ["2024-05-01 10:00:00"]
    assert len(rows(warehouse, "select distinct occurred_at from raw.activities where user_id = '1'")) == 2


def test_what_only_a_removed_report_held_goes_with_it(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", full(record("1"), record("2")))
    second = write(tmp_path / "b.csv", full(record("2"), record("2", page="Opening", second=1), record("3")))
    land(warehouse, first)
    before = rows(warehouse, ALL)
    land(warehouse, second)
    [newest] = rows(warehouse, "select report_id from raw.reports where file_name = 'b.csv'")
    ids = set(rows(warehouse, "select event_id from raw.events"))
    delete_reports(warehouse, [newest])

    assert rows(warehouse, ALL) == before
    assert sizes(warehouse) == {"events": 2, "user_names": 2, "content_names": 1, "records": 2, "report_records": 2}
    # A later event must not be taken for one that an earlier build has typed.
    land(warehouse, write(tmp_path / "c.csv", full(record("4"), record("5"), record("6"))))
    assert not set(rows(warehouse, "select event_id from raw.events where user_id in ('4', '5', '6')")) & ids


def test_events_that_become_equal_stay_two(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """As forgetting makes them, which replaces names in the labels of others."""
    lines = [activity("1", label="Hi Bo"), activity("1", label="Hi Al")]
    land(warehouse, write(tmp_path / "a.csv", report_text(*lines)))
    warehouse.execute("update raw.events set label = 'Hi [forgotten]'")
    renumber_copies(warehouse)
    assert rows(warehouse, "select copy_number from raw.events order by all") == [1, 2]

    again = report_text(*[activity("1", label="Hi [forgotten]")] * 2)
    assert land(warehouse, write(tmp_path / "b.csv", again)).new_count == 0
    assert rows(warehouse, "select count(*) from raw.activities") == [4]


# Older forms: a table with a row per record, from before there were flags; and times with fractions of a second.
FRACTIONS = "replace (occurred_at + if(date like '%.999', 999, 0) * interval 1 millisecond as occurred_at)"
BY_RECORD = f"""
create table raw.kept as select * exclude (time_flag) {FRACTIONS} from raw.activities order by user_id;
drop view raw.activities;
alter table raw.kept rename to activities;
{"".join(f"drop table raw.{table};" for table in (*TABLES, "report_numbers"))}
"""
WITH_FRACTIONS = f"""
drop view raw.activities;
alter table raw.events rename to kept;
{RAW_TABLES.replace("timestamp_s", "timestamp")}
insert into raw.events select * {FRACTIONS} from raw.kept;
drop table raw.kept;
"""


# As a version left it that was killed while it made the tables.
WITHOUT_VIEW = f"{WITH_FRACTIONS} drop view raw.activities;"


@pytest.mark.parametrize(
    "older_form",
    [BY_RECORD, WITH_FRACTIONS, WITHOUT_VIEW],
    ids=["by_record", "with_fractions", "without_view"],
)
def test_an_older_warehouse_is_brought_into_this_form_once(tmp_path: Path, older_form: str) -> None:
    path = tmp_path / "activity.duckdb"
    with connect(path) as warehouse:
        in_fractions = (*record("4")[:8], "2026-05-12 10:00:09.999", *record("4")[9:])
        for name, records in (
            ("a", [record("1"), record("1"), record("2"), in_fractions]),
            ("b", [record("1"), record("1"), record("2", last="King"), record("3")]),
        ):
            land(warehouse, write(tmp_path / f"{name}.csv", full(*records)))
        expected, kept = rows(warehouse, ALL), sizes(warehouse)
        assert (datetime(2026, 5, 12, 10, 0, 9), "2026-05-12 10:00:09.999") in rows(
            warehouse, "select occurred_at, date from raw.activities"
        )
        warehouse.execute(older_form)
        warehouse.execute("checkpoint")
        columns = rows(warehouse, COLUMNS)

        # A dry run changes nothing, so all of it can be rolled back.
        warehouse.execute("begin")
        prepare_raw(warehouse, is_begun=True)
        warehouse.execute("rollback")
        assert rows(warehouse, COLUMNS) == columns

        for _ in range(2):
            prepare_raw(warehouse)
            assert rows(warehouse, ALL) == expected
            assert sizes(warehouse) == kept
        # After a kill all of it is in the log alone.
        for suffix in ("", ".wal"):
            shutil.copy(f"{path}{suffix}", f"{tmp_path / 'killed.duckdb'}{suffix}")
        assert land(warehouse, write(tmp_path / "c.csv", full(in_fractions, record("2")))).new_count == 0
    with connect(tmp_path / "killed.duckdb") as warehouse:
        assert rows(warehouse, ALL) == expected
        assert rows(warehouse, COLUMNS) == rows(new_warehouse(), COLUMNS)


def new_warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    prepare_raw(connection)
    return connection


@pytest.mark.parametrize("missing", ["", "drop table raw.declarations", "drop view raw.activities"])
def test_who_reads_takes_the_file_from_nobody(tmp_path: Path, missing: str) -> None:
    """Two can read at once; only a warehouse that an older version made is written before."""
    path = tmp_path / "activity.duckdb"
    with connect(path) as connection:
        prepare_raw(connection)
        connection.execute(missing)
    with raw_to_read(path) as one, raw_to_read(path) as other:
        assert rows(one, "select count(*) from raw.declarations") == rows(other, "select count(*) from raw.activities")
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            one.execute("drop table raw.events")


def test_a_warehouse_in_memory_leaves_nothing_on_the_disk(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = write(tmp_path / "report.csv", report_text(activity("1"), activity("2")))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    land(warehouse, report)
    forget(warehouse, find_person(warehouse, "1", None))
    assert landed_users(warehouse) == [(2, "2")] and [*folder.iterdir()] == []
