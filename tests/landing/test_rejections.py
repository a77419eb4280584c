"""The kinds of rejected records: each is written, means one thing, and is found out for what an older version wrote."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from declarations import our_models
from landing.outcome import Declaration
from landing.parquet import land_as_parquet, writing
from landing.parquet_files import FILE_NAME
from loader_fixtures import SHORT_HEADER, activity, land, report_text, rows, write
from removal.erase import forget
from removal.retention import find_old, remove_old
from removal.subject import find_person
from warehouse.database import connect
from warehouse.paths import PROJECT_ROOT
from warehouse.raw_tables import prepare_raw
from warehouse.rejections import MEANINGS, Kind

pytestmark = pytest.mark.slow

AHEAD = datetime.now(UTC).date() + timedelta(days=30)
ABSURD = date(AHEAD.year + 100, 1, 1)
# A record of each kind that a report of activities can have, with the day that a setting would let in.
RECORDS = {
    Kind.TOO_FEW_FIELDS: b"u2,Chat",
    Kind.TOO_MANY_FIELDS: b"u2,Chat,Message,one, two,2024-05-01 10:00:00",
    Kind.OPEN_QUOTE: b'u2,Chat,Message,"big" thing,2024-05-01 10:00:00',
    Kind.STRAY_QUOTE: b'u2,Chat,Message,"a" "b",2024-05-01 10:00:00',
    Kind.TOO_LONG: b"u2,Chat,Message," + b"y" * 3_000_000 + b",2024-05-01 10:00:00",
    Kind.OTHER_ENCODING: b"u2,Chat,Message,caf\xe9,2024-05-01 10:00:00",
    Kind.BLANK: b",,,,",
    Kind.HEADER: SHORT_HEADER.encode(),
    Kind.LOST_ID: activity("#NAME?").encode(),
    Kind.SHORTENED_ID: activity("1.23E+09").encode(),
    Kind.NO_DATE: activity("u2", date="").encode(),
    Kind.NEVER: activity("u2", date="1900-01-01 00:00:00").encode(),
    Kind.OTHER_CALENDAR: activity("u2", date=f"{AHEAD.year + 543}-01-01 10:00:00").encode(),
    Kind.EARLY_DATE: activity("u2", date="1985-03-04 10:00:00").encode(),
    Kind.FUTURE_DATE: activity("u2", date=f"{AHEAD} 10:00:00").encode(),
    Kind.UNREADABLE_DATE: activity("u2", date="yesterday").encode(),
}
DAYS = {Kind.EARLY_DATE: date(1985, 3, 4), Kind.FUTURE_DATE: AHEAD}
PEOPLE = "User ID,First,Last,Email,Category,Action,Label,Date"
ADA = "7,Ada,Byron,ada@x.org,Chat,Message,hello,2024-05-01 10:00:00"
BOB = "8,Bob,Low,bob@x.org,Chat,Message,hello,{} 10:00:00"
BY_KIND = "select kind, count(*) from raw.rejected_records group by 1 order by 1"
REJECTED = "select report_id, record_number, kind, impossible_date from raw.rejected_records order by all"
# No report of ours makes DuckDB say something else, so that no record here is of this kind.
UNREADABLE = {Kind.UNREADABLE}


def reports(folder: Path) -> list[Path]:
    """Reports with a rejected record of each kind that a report can have."""
    lines = [SHORT_HEADER.encode()]
    for number, line in enumerate(RECORDS.values()):
        lines += [activity(f"a{number}", "ü").encode(), line]
    named = report_text(BOB.format("2024-01-01"), BOB.format("2024-05-01"), ADA, "8,Bob,Ada Byron", header=PEOPLE)
    absurd = (activity("u1"), activity("u2", date=f"{ABSURD} 10:00:00"), activity("u3", date="1960-01-01 10:00:00"))
    return [
        write(folder / "a.csv", b"".join(line + b"\n" for line in lines)),
        write(folder / "b.csv", named),
        write(folder / "c.csv", "User ID,Email,First\n1,a@x.org,Ann\n,,Ben\n"),
        write(folder / "d.csv", report_text(*absurd)),
    ]


def with_each_kind(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Load records of each kind, and remove some."""
    for path in reports(folder):
        assert land(warehouse, path).refusal is None
    forget(warehouse, find_person(warehouse, "7", None))
    remove_old(warehouse, find_old(warehouse, 0, datetime(2024, 2, 1)))


def without_kinds(warehouse: duckdb.DuckDBPyConnection) -> None:
    """What an older version wrote."""
    for column in ("impossible_date", "kind"):
        warehouse.execute(f"alter table raw.rejected_records drop column {column}")


def test_each_record_that_does_not_land_is_counted_by_its_kind(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with_each_kind(warehouse, tmp_path)

    once = {*Kind} - UNREADABLE - {Kind.EARLY_DATE, Kind.FUTURE_DATE}
    assert dict(rows(warehouse, BY_KIND)) == dict.fromkeys(once, 1) | {Kind.EARLY_DATE: 2, Kind.FUTURE_DATE: 2}
    of_a = rows(
        warehouse,
        "select record_number, kind from raw.rejected_records inner join raw.reports"
        " using (report_id) where file_name = 'a.csv' order by 1",
    )
    assert of_a == [(2 * place + 2, kind) for place, kind in enumerate(RECORDS)]
    days = rows(warehouse, "select kind, impossible_date from raw.rejected_records where impossible_date is not null")
    assert dict(days) == DAYS and len(days) == len(DAYS), "an absurd year is let in by no setting"
    assert rows(
        warehouse,
        """
        with by_kind as (select report_id, kind, count(*) as record_count from raw.rejected_records group by all),
        manifests as (
            select report_id, file_name, record_count, landed_count from raw.reports
            union all select report_id, file_name, record_count, landed_count from raw.user_reports
        )
        select file_name, any_value(manifests.record_count) - any_value(landed_count), sum(by_kind.record_count)
        from manifests inner join by_kind using (report_id) group by all order by 1
        """,
    ) == [("a.csv", 16, 16), ("b.csv", 3, 3), ("c.csv", 1, 1), ("d.csv", 2, 2)]


def test_the_kinds_stand_in_one_place_and_whoever_reads_them_uses_its_words() -> None:
    assert [*MEANINGS] == [*Kind]
    [raw] = yaml.safe_load((PROJECT_ROOT / "models" / "staging" / "_juno__sources.yml").read_text())["sources"]
    [table] = (one for one in raw["tables"] if one["name"] == "rejected_records")
    [check] = table["data_tests"]
    known = check["row_checks"]["arguments"]["expectations"]["kind_is_known"]
    assert re.findall("'(.*?)'", known) == [*Kind]
    read = [
        words
        for path in our_models(".sql")
        if "'rejected_records'" in path.read_text()
        for words in re.findall(r"\bkind in \((.*?)\)", path.read_text())
    ]
    assert len(read) == 2
    assert {word for words in read for word in re.findall("'(.*?)'", words)} <= {*Kind}


def test_what_an_older_version_rejected_gets_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "activity.duckdb"
    with connect(path) as warehouse:
        with_each_kind(warehouse, tmp_path)
        expected = rows(warehouse, REJECTED)
        without_kinds(warehouse)
        warehouse.execute("checkpoint")

        # A dry run changes nothing, so all of it can be rolled back.
        warehouse.execute("begin")
        prepare_raw(warehouse, is_begun=True)
        assert rows(warehouse, REJECTED) == expected
        warehouse.execute("rollback")
        with pytest.raises(duckdb.BinderException):
            warehouse.execute(REJECTED)

        for _ in range(2):
            prepare_raw(warehouse)
            assert rows(warehouse, REJECTED) == expected
        # After a kill all of it is in the log alone.
        for suffix in ("", ".wal"):
            shutil.copy(f"{path}{suffix}", f"{tmp_path / 'killed.duckdb'}{suffix}")
    with connect(tmp_path / "killed.duckdb") as warehouse:
        assert rows(warehouse, REJECTED) == expected


@pytest.mark.parametrize(
    ("reason", "kind", "day"),
    [
        (
            "it lies in the future, after 2026-06-01. Fix: correct it, or, make build MAX_DATE=2026-07-02",
            Kind.FUTURE_DATE,
            date(2026, 7, 2),
        ),
        (
            "Invalid unicode (byte sequence mismatch) detected. Fix: correct the line or download the report again.",
            Kind.UNREADABLE,
            None,
        ),
    ],
)
def test_older_words_have_a_kind(
    warehouse: duckdb.DuckDBPyConnection, reason: str, kind: Kind, day: date | None
) -> None:
    prepare_raw(warehouse)
    without_kinds(warehouse)
    warehouse.execute("insert into raw.rejected_records values ('a', 1, null, null, ?, null)", [reason])
    prepare_raw(warehouse)
    assert rows(warehouse, REJECTED) == [("a", 1, kind, day)]


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_landing_of_an_older_version_gets_its_kinds_all_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    root = tmp_path / "landing"
    list(land_as_parquet(root, reports(tmp_path), Declaration(), 1))
    in_files = f"read_parquet('{root}/rejected_records/*/*/{FILE_NAME}', union_by_name = true)"
    query = f"select reason, kind, impossible_date from {in_files} order by all"
    with duckdb.connect() as connection:
        expected = rows(connection, query)
        files = [str(file) for file in (root / "rejected_records").glob(f"*/*/{FILE_NAME}")]
        for file in files:
            older = f"select * exclude (kind, impossible_date) from read_parquet('{file}', hive_partitioning = false)"
            connection.execute(f"copy ({older}) to '{file}.older' (format parquet)")
            Path(f"{file}.older").replace(file)
        if is_killed:

            def pull_the_plug(root: Path) -> None:
                raise KeyboardInterrupt

            with monkeypatch.context() as patch:
                patch.setattr("landing.parquet_files.rewrite", pull_the_plug)
                with pytest.raises(KeyboardInterrupt):
                    list(land_as_parquet(root, [], Declaration(), 1))
        with writing(root):
            assert rows(connection, query) == expected
        assert len(files) == 4 and not [*tmp_path.glob("landing.*rewriting*")]
