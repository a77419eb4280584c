"""Downloads that overlap and were put into one file are refused; equal records that people made are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import warehouse_in
from landing.land import land_reports
from landing.outcome import Declaration, Landing
from loader_fixtures import SHORT_HEADER, activity, land, report_text, rows, write

START = datetime(2024, 5, 1, 10, 0, 7)


def lines(first: int, last: int) -> list[str]:
    """A record of each of these seconds."""
    return [
        activity(str(number % 5), f"no {number}", f"{START + timedelta(seconds=number)}")
        for number in range(first, last)
    ]


# (what the file holds, what is said, the first words of it)
FILES = {
    "a header between, one record in both": ([*lines(0, 4), SHORT_HEADER, *lines(3, 6)], "refused", "1 record stands"),
    "a header between, all of the first": ([*lines(0, 4), SHORT_HEADER, *lines(0, 6)], "refused", "4 records stand"),
    "three downloads": (
        [*lines(0, 2), SHORT_HEADER, *lines(0, 4), SHORT_HEADER, *lines(2, 6)],
        "refused",
        "4 records stand",
    ),
    "no header between": ([*lines(0, 25), *lines(0, 40)], "refused", "25 records stand"),
    "no header between, the newest first": (
        [*lines(0, 40)[::-1], *lines(0, 25)[::-1]],
        "refused",
        "25 records stand",
    ),
    "days that overlap": ([*lines(0, 40), *lines(20, 60)], "refused", "20 records stand"),
    "a header between, nothing in both": ([*lines(0, 4), SHORT_HEADER, *lines(4, 6)], "", ""),
    "two clicks in a second": ([*lines(0, 4), *lines(3, 4), SHORT_HEADER, *lines(4, 6), *lines(5, 6)], "", ""),
    "many such, side by side": (
        [line for number in range(30) for line in [*lines(number, number + 1)] * 2],
        "noted",
        "30 records stand",
    ),
    "many such among far more": (
        [line for number in range(300) for line in [*lines(number, number + 1)] * (2 if number < 25 else 1)],
        "",
        "",
    ),
    "few that stand apart": ([*lines(0, 60), *lines(0, 19)], "", ""),
}


def said(landing: Landing) -> tuple[str, str]:
    if landing.refusal is not None:
        return "refused", landing.refusal
    return ("noted", landing.notes[0]) if landing.notes else ("", "")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_downloads_that_overlap_is_refused(
    name: str, instance: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text, outcome, beginning = FILES[name]
    report = write(tmp_path / "all.csv", report_text(*text))
    count = len(text) - text.count(SHORT_HEADER)
    with warehouse_in(instance) as warehouse:
        landing = land(warehouse, report)
        assert said(landing)[0] == outcome, said(landing)
        assert said(landing)[1].startswith(beginning)
        assert rows(warehouse, "select count(*) from raw.activities") == [0 if outcome == "refused" else count]


def test_the_refusal_says_where_to_cut(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    landing = land(warehouse, write(tmp_path / "all.csv", report_text(*lines(0, 4), SHORT_HEADER, *lines(0, 6))))
    assert landing.refusal is not None
    assert "record 5 is the header of the second" in landing.refusal


def test_who_says_that_all_of_it_happened_has_it_loaded(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    report = write(tmp_path / "all.csv", report_text(*lines(0, 25), *lines(0, 40)))
    landing = land(warehouse, report, Declaration(allows_twins=True))
    assert (landing.landed_count, said(landing)[0]) == (65, "noted")


def test_small_reports_that_are_loaded_at_once_are_looked_at_too(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """They are stored by one statement (landing.groups), and the faulty one of them is refused alone."""
    paths = [write(tmp_path / f"{place}.csv", report_text(*lines(100 * place, 100 * place + 30))) for place in range(3)]
    paths.append(write(tmp_path / "all.csv", report_text(*lines(400, 425), *lines(400, 440))))
    landings = land_reports(warehouse, paths, Declaration())
    assert [said(landing)[0] for landing in landings] == ["", "", "", "refused"]
    assert rows(warehouse, "select count(*) from raw.activities") == [90]
