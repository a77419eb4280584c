"""What is declared of a site holds for its next reports, is reported where it contradicts, and can be corrected."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from rich.console import Console

from landing.outcome import Declaration, Given, Landing
from landing.terminal import land_with_progress
from loader_fixtures import SHORT_HEADER, activity, land, report_text, rows, write
from removal.retention import find_old, remove_old
from reports.files import STANDARD_INPUT
from warehouse.errors import WarehouseError
from warehouse.raw import SAMPLE_SITE

pytestmark = pytest.mark.slow

AMBIGUOUS = [activity(user, date=f"5/3/2024 10:0{user}") for user in "1234"]
CLEAR = [activity(user, date=f"2024-07-01 10:00:0{user}") for user in "1234"]
LATER = [activity(user, date=f"2024-07-03 10:00:0{user}") for user in "1234"]
FUTURE = datetime.now(UTC).date() + timedelta(days=30)
TIMES = "select distinct strftime(occurred_at, '%m-%d %H') from raw.activities order by 1"
DECLARED = "select site_id, setting, value from raw.declarations order by all"


def load(warehouse: duckdb.DuckDBPyConnection, *paths: Path, given: Given | None = None) -> tuple[list[Landing], str]:
    """What became of some files, and what was printed."""
    printed = io.StringIO()
    landings = land_with_progress(warehouse, list(paths), given or Given(), Console(file=printed, width=1000))
    return landings, printed.getvalue()


def report(folder: Path, name: str, lines: list[str]) -> Path:
    return write(folder / name, report_text(*lines))


def test_a_zone_holds_for_the_next_report(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(warehouse, report(tmp_path, "a.csv", CLEAR), given=Given(time_zone="America/New_York"))

    _, printed = load(warehouse, report(tmp_path, "b.csv", LATER))

    assert rows(warehouse, TIMES) == ["07-01 14", "07-03 14"]
    assert "As declared before for the site main: TIME_ZONE=America/New_York" in printed


def test_utc_can_be_declared_for_words_that_are_no_known_zone_and_holds(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    header = SHORT_HEADER.replace("Date", "Date (local time)")
    first = write(tmp_path / "a.csv", report_text(activity("1", date="2024-07-01 10:00:00"), header=header))
    [refused], _ = load(warehouse, first)
    assert "which is not known" in (refused.refusal or "")

    load(warehouse, first, given=Given(time_zone="UTC"))
    _, printed = load(warehouse, write(tmp_path / "b.csv", report_text(*LATER, header=header)))

    assert rows(warehouse, TIMES) == ["07-01 10", "07-03 10"]
    assert "They were read in UTC, as declared." in printed


def test_an_offset_in_the_file_wins_over_what_was_declared(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(warehouse, report(tmp_path, "a.csv", CLEAR), given=Given(time_zone="America/New_York"))

    load(warehouse, report(tmp_path, "b.csv", [activity("1", date="2024-07-03T10:00:00Z")]))

    assert rows(warehouse, TIMES) == ["07-01 14", "07-03 10"]


def test_an_order_of_dates_holds_where_the_file_leaves_it_open(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(warehouse, report(tmp_path, "a.csv", AMBIGUOUS), given=Given(date_format="dd/MM/yyyy"))

    load(
        warehouse,
        report(tmp_path, "b.csv", [activity("1", date="6/3/2024 10:00")]),
        report(tmp_path, "c.csv", [activity("1", date="3/13/2024 10:00")]),
        report(tmp_path, "d.csv", [activity("1", date="2024-03-14 10:00:00")]),
        report(tmp_path, "e.csv", [activity("1", date="07-03-2024 10:00")]),
    )

    assert rows(warehouse, TIMES) == ["03-05 10", "03-06 10", "03-07 10", "03-13 10", "03-14 10"]


def test_a_format_of_your_own_holds_for_the_next_report(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    own = Given(date_format="%d %b %Y %H:%M")
    load(warehouse, report(tmp_path, "a.csv", [activity("1", date="05 Mar 2024 10:00")]), given=own)

    load(warehouse, report(tmp_path, "b.csv", [activity("1", date="06 Mar 2024 10:00")]))

    assert rows(warehouse, TIMES) == ["03-05 10", "03-06 10"]


def test_an_encoding_holds_where_it_would_be_a_guess(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    cyrillic = "Привет! Как дела"
    first = write(tmp_path / "a.csv", report_text(activity("1", cyrillic)).encode("cp1251"))
    load(warehouse, first, given=Given(encoding="cp1251"))

    load(
        warehouse,
        write(tmp_path / "b.csv", report_text(activity("2", "ие")).encode("cp1251")),
        write(tmp_path / "c.csv", report_text(activity("3", "Grüezi"))),
    )

    assert rows(warehouse, "select label from raw.activities order by user_id") == [cyrillic, "ие", "Grüezi"]


def test_the_only_site_is_used_and_named(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(warehouse, report(tmp_path, "a.csv", CLEAR), given=Given("academy"))

    _, printed = load(warehouse, report(tmp_path, "b.csv", LATER))

    assert rows(warehouse, "select distinct site_id from raw.reports") == ["academy"]
    assert "The reports count for the site academy" in printed


def test_an_empty_file_is_refused_before_the_site_is_asked_for(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = write(tmp_path / "empty.csv", "")
    landing = land(warehouse, path, Declaration(sites=("academy", "north")))
    assert landing.refusal is not None and "empty" in landing.refusal


def test_of_several_sites_one_must_be_named(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = report(tmp_path, "a.csv", CLEAR)
    load(warehouse, first, given=Given("academy"))
    _, printed = load(warehouse, report(tmp_path, "b.csv", LATER), given=Given("north"))
    assert "north is a new site, beside academy." in printed
    # Nothing is of a site whose files are all known.
    assert "new site" not in load(warehouse, first, given=Given("south"))[1]

    # What is there needs no site.
    [landing], _ = load(warehouse, first)
    assert landing.already_landed_as == "a.csv"
    new = [report(tmp_path, f"{name}.csv", [activity(name)]) for name in "cdefghi"]
    with pytest.raises(WarehouseError, match=r"c\.csv is new, and .* several sites: academy, north\. .* SITE=academy"):
        load(warehouse, first, new[0])
    # The files before the first new one were read, and are not read again.
    with mock.patch("landing.declarations.hashes_in", return_value=[]) as hashed, pytest.raises(WarehouseError):
        load(warehouse, first, *new[:2])
    assert [call.args[0] for call in hashed.call_args_list] == [new[1]]
    with (
        mock.patch("reports.files._spool_standard_input", lambda target: target.write_bytes(new[0].read_bytes())),
        pytest.raises(WarehouseError, match=r"^- is new"),
    ):
        load(warehouse, first, Path(STANDARD_INPUT))
    with pytest.raises(
        WarehouseError, match=r"c\.csv, .*g\.csv and 2 more files are new, .*REPORTS=\S*/c\.csv .* into a folder"
    ):
        load(warehouse, first, *new)


def test_the_sample_is_no_site(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(warehouse, report(tmp_path, "a.csv", CLEAR), given=Given(SAMPLE_SITE))
    assert rows(warehouse, DECLARED) == []

    load(warehouse, report(tmp_path, "b.csv", LATER))

    assert rows(warehouse, "select site_id from raw.reports where file_name = 'b.csv'") == ["main"]


def test_a_declaration_of_a_refused_report_is_not_remembered(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(warehouse, write(tmp_path / "a.csv", "no,report\n1,2\n"), given=Given("acadmy", "Asia/Tokyo"))

    assert rows(warehouse, DECLARED) == []


# (what is loaded first, what was given with it, what is given then)
CONTRADICTIONS = {
    "another zone": (CLEAR, Given(time_zone="Asia/Tokyo"), Given(time_zone="Europe/Zurich")),
    "a zone after none": (CLEAR, Given(), Given(time_zone="Europe/Zurich")),
    "UTC after a zone": (CLEAR, Given(time_zone="Asia/Tokyo"), Given(time_zone="UTC")),
    "another order of dates": (AMBIGUOUS, Given(date_format="dd/MM/yyyy"), Given(date_format="MM/dd/yyyy")),
    "the other order in a format": (AMBIGUOUS, Given(date_format="dd/MM/yyyy"), Given(date_format="%m/%d/%Y %H:%M")),
    "another encoding": (CLEAR, Given(encoding="cp1250"), Given(encoding="cp1251")),
}


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_a_contradiction_is_told_before_anything_is_loaded(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    lines, before, given = CONTRADICTIONS[kind]
    load(warehouse, report(tmp_path, "a.csv", lines), given=before)
    declared = rows(warehouse, DECLARED)

    with pytest.raises(WarehouseError, match=r"Nothing was loaded\. Fix: .*DECLARE=again(.|\n)*DECLARE=once"):
        load(warehouse, report(tmp_path, "b.csv", LATER), given=given)

    assert rows(warehouse, "select file_name from raw.reports") == ["a.csv"]
    assert rows(warehouse, DECLARED) == declared


@pytest.mark.parametrize(
    ("before", "given"),
    [
        (Given(time_zone="Asia/Tokyo"), Given(time_zone="Asia/Tokyo")),
        (Given(encoding="cp1252"), Given(encoding="windows-1252")),
        (Given(date_format="dd/MM/yyyy"), Given(date_format="dd-MM-yyyy")),
        (Given("academy", "Asia/Tokyo"), Given("north", "Europe/Zurich")),
    ],
)
def test_what_agrees_is_no_contradiction(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, before: Given, given: Given
) -> None:
    first, then = (AMBIGUOUS, [activity("9", date="04-03-2024 10:00")]) if given.date_format else (CLEAR, LATER)
    load(warehouse, report(tmp_path, "a.csv", first), given=before)

    load(warehouse, report(tmp_path, "b.csv", then), given=given)

    assert rows(warehouse, "select count(*) from raw.reports") == [2]


def test_declaring_again_loads_the_reports_again(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first, clear = report(tmp_path, "a.csv", AMBIGUOUS), report(tmp_path, "b.csv", CLEAR)
    load(warehouse, first, clear, given=Given(date_format="dd/MM/yyyy"))
    loaded = rows(warehouse, "select loaded_at from raw.reports where file_name = 'b.csv'")

    [again, other], _ = load(warehouse, first, clear, given=Given(date_format="MM/dd/yyyy", declare="again"))

    assert again.landed_count == 4
    assert other.already_landed_as == "b.csv"
    assert rows(warehouse, TIMES) == ["05-03 10", "07-01 10"]
    assert rows(warehouse, "select loaded_at from raw.reports where file_name = 'b.csv'") == loaded
    assert rows(warehouse, DECLARED) == [("main", "DATE_FORMAT", "MM/dd/yyyy")]


def test_what_is_loaded_again_is_no_twin_of_what_is_next(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    both = [report(tmp_path, "a.csv", CLEAR), report(tmp_path, "b.csv", [*CLEAR, *LATER])]
    load(warehouse, *both)

    landings, _ = load(warehouse, *both, given=Given(time_zone="Asia/Tokyo", declare="again"))

    assert [landing.landed_count for landing in landings] == [4, 8]
    assert rows(warehouse, TIMES) == ["07-01 01", "07-03 01"]


def test_nothing_is_declared_again_without_the_file_of_a_report(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first, second = report(tmp_path, "a.csv", CLEAR), report(tmp_path, "b.csv", LATER)
    load(warehouse, first, second)
    given = Given(time_zone="Asia/Tokyo", declare="again", command="make build TIME_ZONE=Asia/Tokyo")

    with pytest.raises(WarehouseError, match=r"^a\.csv must be .* Fix: .* TIME_ZONE=Asia/Tokyo DECLARE=again"):
        load(warehouse, second, given=given)
    assert rows(warehouse, TIMES) == ["07-01 10", "07-03 10"]
    assert rows(warehouse, DECLARED) == []

    load(warehouse, first, second, given=given)
    assert rows(warehouse, TIMES) == ["07-01 01", "07-03 01"]


# (how it is loaded first, the encoding of its file, what is given then, the times or texts before and after)
CORRECTED: dict[str, tuple[Given, str, Given, list[str], list[str]]] = {
    "TIME_ZONE": (Given(), "utf-8", Given(time_zone="Asia/Tokyo"), ["05-06 10", "05-07 10"], ["05-06 01", "05-07 01"]),
    "DATE_FORMAT": (
        *(Given(date_format="dd/MM/yyyy"), "utf-8", Given(date_format="MM/dd/yyyy")),
        *(["05-06 10", "05-07 10"], ["06-05 10", "07-05 10"]),
    ),
    "ENCODING": (Given(encoding="cp1252"), "cp1250", Given(encoding="cp1250"), ["Èau", "Èau"], ["Čau", "Čau"]),
}


def found(warehouse: duckdb.DuckDBPyConnection, setting: str) -> list[Any]:
    times = "select strftime(occurred_at, '%m-%d %H') from raw.activities order by 1"
    return rows(warehouse, "select label from raw.activities order by 1" if setting == "ENCODING" else times)


@pytest.mark.parametrize("setting", CORRECTED)
def test_the_next_load_completes_one_that_was_killed(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, setting: str
) -> None:
    before, encoding, then, first, last = CORRECTED[setting]
    paths = []
    for day in (6, 7):
        date = f"{day}/5/2024 10:00" if setting == "DATE_FORMAT" else f"2024-05-0{day} 10:00:00"
        text = report_text(activity("1", "Čau", date), header=SHORT_HEADER)
        paths.append(write(tmp_path / f"{day}.csv", text.encode(encoding)))
    load(warehouse, *paths, given=before)
    assert found(warehouse, setting) == first

    with mock.patch("landing.terminal.describe", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        load(warehouse, *paths, given=replace(then, declare="again"))
    assert found(warehouse, setting) == sorted([first[1], last[0]])

    # Nothing is loaded beside the half, and the sample is no way around it.
    for given in (Given(), Given(SAMPLE_SITE), replace(then, declare="again")):
        with pytest.raises(WarehouseError, match=r"^7\.csv must be loaded again"):
            load(warehouse, report(tmp_path, "new.csv", LATER), given=given)

    landings, printed = load(warehouse, *paths)
    assert "1 report is still to be loaded again" in printed
    assert [landing.already_landed_as for landing in landings] == ["6.csv", None]
    assert found(warehouse, setting) == last
    assert "to be loaded again" not in load(warehouse, *paths)[1]


def test_a_correction_that_was_killed_is_taken_back(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = [report(tmp_path, "a.csv", CLEAR), report(tmp_path, "b.csv", LATER)]
    load(warehouse, *paths)
    with mock.patch("landing.terminal.describe", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        load(warehouse, *paths, given=Given(time_zone="Asia/Tokyo", declare="again"))

    landings, _ = load(warehouse, *paths, given=Given(time_zone="UTC", declare="again"))

    assert [landing.already_landed_as for landing in landings] == [None, "b.csv"]
    assert rows(warehouse, TIMES) == ["07-01 10", "07-03 10"]


@pytest.mark.parametrize("setting", CORRECTED)
def test_what_was_declared_once_is_not_loaded_again(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, setting: str
) -> None:
    _, encoding, other, *_ = CORRECTED[setting]
    date = "6/5/2024 10:00" if setting == "DATE_FORMAT" else "2024-05-06 10:00:00"
    path = write(tmp_path / "a.csv", report_text(activity("1", "Čau", date)).encode(encoding))
    once: Any = {"TIME_ZONE": "America/New_York", "DATE_FORMAT": "dd/MM/yyyy", "ENCODING": "cp1251"}[setting]
    given = {"TIME_ZONE": "time_zone", "DATE_FORMAT": "date_format", "ENCODING": "encoding"}[setting]
    load(warehouse, path, given=replace(Given(declare="once"), **{given: once}))
    before = found(warehouse, setting)

    [landing], _ = load(warehouse, path, given=replace(other, declare="again"))
    assert landing.already_landed_as == "a.csv"
    assert found(warehouse, setting) == before

    # Nor does it lose the value where another setting has it loaded again.
    others = Given(time_zone="Europe/Zurich") if setting != "TIME_ZONE" else Given(encoding="utf-16")
    load(warehouse, path, given=replace(others, declare="again"))
    [kept] = rows(warehouse, f"select {given} from raw.reports")
    assert kept == once
    assert rows(warehouse, "select setting from raw.report_declarations") == [setting]


def test_groups_know_what_was_declared_once(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    dates = [f"2024-05-0{day} 10:1{day}:07" for day in range(1, 6)]
    paths = [report(tmp_path, f"{date[:10]}.csv", [activity("1", date=date)]) for date in dates]
    with mock.patch("landing.land.land_report", side_effect=AssertionError):
        load(warehouse, *paths, given=Given(time_zone="America/New_York", declare="once"))

    load(warehouse, given=Given(time_zone="Asia/Tokyo", declare="again"))

    assert rows(warehouse, "select distinct time_zone from raw.reports") == ["America/New_York"]


# (dates, the first declaration, the second, the days after it)
OPEN_DATES: dict[str, tuple[list[str], Given, str, list[str]]] = {
    "the next day in UTC": (
        *(["05/06/2024 09:00:01", "05/12/2024 20:00:01"], Given(None, "America/Los_Angeles", "MM/dd/yyyy")),
        *("dd/MM/yyyy", ["2024-06-05", "2024-12-06"]),
    ),
    "the day before in UTC": (
        *(["05/06/2024 09:00:01", "13/06/2024 01:00:01"], Given(None, "Asia/Tokyo", "dd/MM/yyyy")),
        *("MM/dd/yyyy", ["2024-06-05", "2024-06-12"]),
    ),
    "the year first": (["24.05.06 09:00"], Given(), "%y.%m.%d %H:%M", ["2024-05-06"]),
    "day and month exchanged behind the year": (
        *(["2024-05-06 09:00:00"], Given(), "%Y-%d-%m %H:%M:%S", ["2024-06-05"]),
    ),
    "back from a format of your own": (
        *(["2024-05-06 09:00:00"], Given(date_format="%Y-%d-%m %H:%M:%S"), "yyyy-MM-dd", ["2024-05-06"]),
    ),
    "words around them": (
        *(["5/6/2024, 9:00:01 a.m.", "5/7/2024, 9:00:02 p.m."], Given(date_format="dd/MM/yyyy"), "MM/dd/yyyy"),
        ["2024-05-06", "2024-05-07"],
    ),
    "one was rejected": (
        *(["03/03/2024 09:00:01", "20/03/2024 09:00:01"], Given(date_format="MM/dd/yyyy"), "dd/MM/yyyy"),
        ["2024-03-03", "2024-03-20"],
    ),
    "one is in one order only": (
        *(["05/06/2024 09:00:01", "20/06/2024 09:00:01"], Given(date_format="dd/MM/yyyy"), "MM/dd/yyyy"),
        ["2024-06-05", "2024-06-20"],
    ),
}


@pytest.mark.parametrize("kind", OPEN_DATES)
def test_dates_that_a_file_leaves_open_are_read_again(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    dates, before, date_format, days = OPEN_DATES[kind]
    lines = [activity("1", date=f'"{date}"') for date in dates]
    path = report(tmp_path, "a.csv", lines)
    load(warehouse, path, given=before)

    load(warehouse, path, given=Given(date_format=date_format, declare="again"))

    assert rows(warehouse, "select occurred_at::date::varchar from raw.activities order by 1") == days


def test_a_format_of_your_own_holds_where_a_known_one_reads_the_date_otherwise(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    own = Given(date_format="%y.%m.%d %H:%M")
    load(warehouse, report(tmp_path, "a.csv", [activity("1", date="24.05.06 09:00")]), given=own)

    load(warehouse, report(tmp_path, "b.csv", [activity("1", date="24.05.07 09:00")]))

    assert rows(warehouse, TIMES) == ["05-06 09", "05-07 09"]


def test_a_record_that_utf_8_cannot_read_is_read_again(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    office = report_text(activity("1", "hello"), activity("2", "Čau")).encode("cp1250")
    utf8 = report_text(*(activity(user, "Čau ćau") for user in "345")).encode()
    utf8 += activity("6", "\x8a").encode("latin-1") + b"\n"
    paths = [write(tmp_path / "a.csv", office), write(tmp_path / "b.csv", utf8)]
    [first, second], _ = load(warehouse, *paths, given=Given(encoding="utf-8"))
    assert (first.rejected_count, second.rejected_count) == (1, 1)

    load(warehouse, *paths, given=Given(encoding="cp1250", declare="again"))

    labels = rows(warehouse, "select label from raw.activities order by user_id")
    assert labels == ["hello", "Čau", "Čau ćau", "Čau ćau", "Čau ćau"]


def test_of_several_sites_one_is_declared_again(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = [report(tmp_path, "a.csv", CLEAR), report(tmp_path, "b.csv", LATER)]
    load(warehouse, paths[0], given=Given("academy"))
    load(warehouse, paths[1], given=Given("north"))

    with pytest.raises(WarehouseError, match=r"several sites: academy, north\. Nothing .* SITE=academy DECLARE=again"):
        load(warehouse, *paths, given=Given(time_zone="Asia/Tokyo", declare="again"))
    load(warehouse, *paths, given=Given("north", "Asia/Tokyo", declare="again", is_folder=True))

    assert rows(warehouse, "select site_id, time_zone from raw.reports order by all") == [
        ("academy", "UTC"),
        ("north", "Asia/Tokyo"),
    ]


@pytest.mark.parametrize(
    ("day", "declared"), [("1985-03-01", {"min_date": date(1985, 3, 1)}), (FUTURE, {"max_date": FUTURE})]
)
def test_a_day_that_is_declared_loads_what_was_rejected_for_it(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, day: object, declared: dict[str, Any]
) -> None:
    path = report(tmp_path, "a.csv", [*CLEAR, activity("9", date=f"{day} 10:00:00")])
    [landing], printed = load(warehouse, path, given=Given(time_zone="America/New_York"))
    [(name, value)] = declared.items()
    assert f"If it is right: make build {name.upper()}={day}" in printed
    assert (landing.landed_count, landing.rejected_count) == (4, 1)

    earlier: dict[str, Any] = {name: value + timedelta(days=1 if name == "min_date" else -1)}
    assert load(warehouse, path, given=replace(Given(), **earlier))[0][0].already_landed_as == "a.csv"
    [landing], _ = load(warehouse, path, given=replace(Given(), **declared))
    assert (landing.landed_count, landing.rejected_count) == (5, 0)
    assert load(warehouse, path, given=replace(Given(), **declared))[0][0].already_landed_as == "a.csv"

    # It stays where the report is loaded again for another reason.
    [landing], _ = load(warehouse, path, given=Given(time_zone="Asia/Tokyo", declare="again"))
    assert (landing.landed_count, landing.rejected_count) == (5, 0)


def test_once_holds_for_one_load(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = report(tmp_path, "a.csv", CLEAR)
    load(warehouse, first, given=Given(time_zone="Asia/Tokyo"))

    once = Given(time_zone="UTC", declare="once")
    load(warehouse, first, report(tmp_path, "b.csv", LATER), given=once)

    assert rows(warehouse, TIMES) == ["07-01 01", "07-03 10"]
    assert rows(warehouse, DECLARED) == [("main", "TIME_ZONE", "Asia/Tokyo")]


def test_a_report_of_the_wrong_site_is_moved(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = report(tmp_path, "a.csv", CLEAR)
    load(warehouse, first)

    [landing], printed = load(warehouse, first, given=Given("academy"))
    assert landing.of_other_site == "main"
    assert f"of the site main. To load it for this site instead: the same command with REPORTS={first}" in printed

    # Not one of a folder, which may hold those of all sites.
    load(warehouse, first, given=Given("academy", declare="again", is_folder=True))
    assert rows(warehouse, "select site_id from raw.reports") == ["main"]

    load(warehouse, first, given=Given("academy", declare="again"))
    assert rows(warehouse, "select site_id from raw.reports") == ["academy"]
    assert rows(warehouse, "select count(*) from raw.activities") == [4]


def test_the_order_of_dates_in_the_file_wins_over_one_that_reads_nothing(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    [landing], _ = load(warehouse, report(tmp_path, "a.csv", CLEAR), given=Given(date_format="dd/MM/yyyy"))

    assert landing.landed_count == 4
    assert landing.notes == [
        "its dates are written as yyyy-MM-dd, and not all of them as dd/MM/yyyy, which was declared."
    ]


def test_a_file_of_which_all_was_rejected_is_read_again(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = report(tmp_path, "a.csv", [activity("1", date="20m03d05"), activity("2", date="20m03d06")])
    # Times of the first day of 1900 are impossible.
    [landing], _ = load(warehouse, path, given=Given(date_format="%Hm%Md%S"))
    assert (landing.landed_count, landing.rejected_count) == (0, 2)
    assert rows(warehouse, DECLARED) == []

    [landing], _ = load(warehouse, path, given=Given(date_format="%ym%md%d"))

    assert (landing.landed_count, landing.rejected_count) == (2, 0)
    assert rows(warehouse, "select count(*) from raw.rejected_records") == [0]


def test_a_file_of_blank_rows_is_read_once(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = report(tmp_path, "a.csv", [",,,,"])
    load(warehouse, path)

    [landing], _ = load(warehouse, path)

    assert landing.already_landed_as == "a.csv"


def test_what_retention_removed_comes_back_with_a_word(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = [report(tmp_path, "a.csv", [activity("1", date="2023-05-01 10:00:00"), *CLEAR]), tmp_path / "b.csv"]
    write(paths[1], report_text(activity("1", date="2023-06-01 10:00:00")))
    load(warehouse, *paths)
    remove_old(warehouse, find_old(warehouse, 365, datetime(2024, 7, 2)))
    assert rows(warehouse, TIMES) == ["07-01 10"]

    _, printed = load(warehouse, *paths, given=Given(time_zone="Asia/Tokyo", declare="again"))
    assert "1 record of it that make retention removed is loaded again. Fix: make retention RETENTION_DAYS=…" in printed
    assert rows(warehouse, TIMES) == ["05-01 01", "07-01 01"]

    _, printed = load(warehouse, *paths, given=Given(is_again=True))
    assert "is loaded with all records of its file. If make retention removed it: make retention RETENTION" in printed
