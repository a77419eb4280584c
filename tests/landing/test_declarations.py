"""What is declared of a site holds for its next reports, is reported where it contradicts, and can be corrected."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from landing.outcome import SAMPLE_SITE, Declaration, Given, Landing
from landing.terminal import land_with_progress
from loader_fixtures import activity, land, report_text, rows, write
from warehouse.errors import WarehouseError

AMBIGUOUS = [activity(user, date=f"5/3/2024 10:0{user}") for user in "1234"]
CLEAR = [activity(user, date=f"2024-07-01 10:00:0{user}") for user in "1234"]
LATER = [activity(user, date=f"2024-07-03 10:00:0{user}") for user in "1234"]
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


def test_an_offset_in_the_file_wins_over_what_was_declared(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(warehouse, report(tmp_path, "a.csv", CLEAR), given=Given(time_zone="America/New_York"))

    load(warehouse, report(tmp_path, "b.csv", [activity("1", date="2024-07-03T10:00:00Z")]))

    assert rows(warehouse, TIMES) == ["07-01 14", "07-03 10"]


@pytest.mark.slow
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

    # What is there needs no site.
    [landing], _ = load(warehouse, first)
    assert landing.already_landed_as == "a.csv"
    with pytest.raises(WarehouseError, match=r"c\.csv is new, and .* several sites: academy, north\. .* SITE=academy"):
        load(warehouse, first, report(tmp_path, "c.csv", AMBIGUOUS))


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


def test_a_report_whose_file_is_not_there_is_named(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load(warehouse, report(tmp_path, "a.csv", CLEAR))
    given = Given(time_zone="Asia/Tokyo", declare="again", command="make build TIME_ZONE=Asia/Tokyo")

    _, printed = load(warehouse, given=given)
    assert "a.csv was to be loaded again, and stays as it was" in printed
    assert "make build TIME_ZONE=Asia/Tokyo DECLARE=again" in printed

    _, printed = load(warehouse, tmp_path / "a.csv", given=given)
    assert "stays as it was" not in printed
    assert rows(warehouse, TIMES) == ["07-01 01"]


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
    assert "of the site main. To load it for this site instead: the same command with DECLARE=again" in printed

    load(warehouse, first, given=Given("academy", declare="again"))
    assert rows(warehouse, "select site_id from raw.reports") == ["academy"]
    assert rows(warehouse, "select count(*) from raw.activities") == [4]


def test_the_order_of_dates_in_the_file_wins_over_one_that_reads_nothing(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    [landing], _ = load(warehouse, report(tmp_path, "a.csv", CLEAR), given=Given(date_format="dd/MM/yyyy"))

    assert landing.landed_count == 4
    assert landing.notes == ["its dates are written as yyyy-MM-dd, and none of them as dd/MM/yyyy, which was declared."]


def test_a_file_of_which_all_was_rejected_is_read_again(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = report(tmp_path, "a.csv", [activity("1", date="2024m03d05"), activity("2", date="2024m03d06")])
    [landing], _ = load(warehouse, path, given=Given(date_format="dd.MM.yyyy"))
    assert (landing.landed_count, landing.rejected_count) == (0, 2)
    assert rows(warehouse, DECLARED) == []

    [landing], _ = load(warehouse, path, given=Given(date_format="%Ym%md%d"))

    assert (landing.landed_count, landing.rejected_count) == (2, 0)
    assert rows(warehouse, "select count(*) from raw.rejected_records") == [0]


def test_a_file_of_blank_rows_is_read_once(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = report(tmp_path, "a.csv", [",,,,"])
    load(warehouse, path)

    [landing], _ = load(warehouse, path)

    assert landing.already_landed_as == "a.csv"
