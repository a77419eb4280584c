"""Small reports land together, and the outcome is the same as if each had landed alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from fuzz.folders import counted_groups, differences, outcome, outcome_alone
from landing import groups, land
from landing.land import land_reports
from landing.outcome import Declaration, Landing
from loader_fixtures import HEADER, rows, write
from reports.files import ReportFile
from warehouse.database import connect

pytestmark = pytest.mark.slow

NAMES = ",".join(HEADER)


def line(user: int, at: str, label: str = "Opening", name: str = "Ana", page: str = "4106") -> str:
    """A record of a user who joined a session."""
    return f"{user},{name},Quill,Fern Ltd,u{user}@x.example,Session,Joined,{label},{at},{page},{label},opening"


def lines_of(number: int) -> list[str]:
    """The records of a report; each has one more of the report before it, under another name."""
    ats = [
        f"2024-05-{1 + number % 28:02} {8 + place}:{(7 * number + place) % 60:02}:0{place + 1}" for place in range(4)
    ]
    before = f"2024-05-{1 + (number - 1) % 28:02} 8:{(7 * (number - 1)) % 60:02}:01".replace(" 8", " 08")
    ats[0] = ats[0].replace(" 8", " 08")
    ats[1] = ats[1].replace(" 9", " 09")
    own = [line(7000 + number, at, f"Room {place}") for place, at in enumerate(ats)]
    return [*own, own[1], line(7000 + number - 1, before, "Room 0", "Anna")]


def text_of(lines: list[str], end: str = "\n", header: str = NAMES) -> str:
    """A report."""
    return "".join(one + end for one in (header, *lines))


LATER = re.compile(r" (\d\d):")
# Reports that are not plain, made of lines of its own or of those of the report before it.
ODD: dict[str, Callable[[list[str]], str]] = {
    "ids with a fraction": lambda lines: text_of([one.replace(",", ".0,", 1) for one in lines]),
    "ids that a spreadsheet rounded": lambda lines: text_of([one.replace(",", "98765432109800,", 1) for one in lines]),
    "long ids": lambda lines: text_of([one.replace(",", "98765432109801,", 1) for one in lines]),
    "a record without a date": lambda lines: text_of([*lines, line(1, "")]),
    "an impossible date": lambda lines: text_of([*lines, line(1, "1970-01-01 00:00:00")]),
    "a date of a month that is none": lambda lines: text_of([*lines, line(1, "2024-13-01 00:00:00")]),
    "another form of dates": lambda lines: text_of([one.replace(" 1", "T1") for one in lines]),
    "a quote that is not closed": lambda lines: text_of([*lines, '1,"Ana', *lines[:1]]),
    "quotes inside": lambda lines: text_of([one.replace("Ana", '"An, ""a"""') for one in lines]),
    "a line break in a field": lambda lines: text_of([one.replace("Ana", '"An\na"') for one in lines]),
    "a record that is cut": lambda lines: text_of(lines)[:-30],
    "no end of the last line": lambda lines: text_of(lines).rstrip("\n"),
    "lines that end otherwise": lambda lines: text_of(lines, "\r\n"),
    "a blank line": lambda lines: text_of([*lines[:2], "", *lines[2:]]),
    "a blank record": lambda lines: text_of([*lines, "," * 11]),
    "the header again": lambda lines: text_of([*lines, NAMES]),
    "full minutes": lambda _: text_of([line(7200, f"2024-05-13 10:{minute}:00") for minute in range(10, 22)]),
    "a digit of another script": lambda _: text_of(
        [line(7200, f"2024-05-13 10:{minute}:{'0０' if minute == 10 else '00'}") for minute in range(10, 22)]
    ),
    "12 hours": lambda _: text_of(
        [line(7200, f"2024-05-{day} {hour:02}:10:07") for day in range(10, 17) for hour in (8, 9, 11, 12, 1, 2, 5)]
    ),
    "midnights": lambda _: text_of([line(7200, f"2024-05-{day} 00:00:00") for day in range(10, 17)]),
    "one time of the day": lambda _: text_of([line(7200, f"2024-05-{day} 10:11:12") for day in range(10, 17)]),
    "records of nobody": lambda lines: text_of([lines[0], *(one[4:] for one in lines)]),
    "an outlier": lambda lines: text_of([*lines, line(1, "2019-05-13 10:00:01")]),
    "cp1252": lambda lines: text_of(lines).replace("Fern", "F\xe9rn"),
    "a byte order mark": lambda lines: "\ufeff" + text_of(lines),
    "another order of columns": lambda lines: text_of(
        [",".join(reversed(one.split(","))) for one in lines], header=",".join(reversed(HEADER))
    ),
    "the end of another table": lambda lines: text_of([one + ";;;" for one in lines]),
    "no record": lambda _: text_of([]),
    "nothing at all": lambda _: "",
    "users": lambda _: "User ID,Email,Tags\n1,a@x.example,VIP\n",
}
TWINS: dict[str, Callable[[list[str]], str]] = {
    "the same records": lambda lines: text_of(lines[:3]),
    "an hour later": lambda lines: text_of([LATER.sub(lambda at: f" {int(at[1]) + 1:02}:", one) for one in lines]),
    "ids in another form": lambda lines: text_of(["00" + one for one in lines]),
    "without seconds": lambda lines: text_of([re.sub(r":\d\d,", ":00,", one) for one in lines]),
    "without the content": lambda lines: text_of([",".join(one.split(",")[:9]) + ",,," for one in lines]),
}


def reports(folder: Path, cases: dict[str, Callable[[list[str]], str]]) -> list[Path]:
    """Pairs of a plain report and an odd one."""
    paths = []
    for number, (name, make) in enumerate(cases.items()):
        before = lines_of(30 * number)
        text = make(before if name in TWINS else lines_of(30 * number + 7))
        encoding = "cp1252" if name == "cp1252" else "utf-8"
        paths.append(write(folder / f"{number:02}a.csv", text_of(before)))
        paths.append(write(folder / f"{number:02}b {name}.csv", text.encode(encoding)))
    return paths


DECLARED = Declaration("north", "Europe/Zurich", to_remember=(("TIME_ZONE", "Europe/Zurich"),))


def test_plain_reports_land_together_as_they_would_alone(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{number:02}.csv", text_of(lines_of(number))) for number in range(7)]
    with duckdb.connect(config={"threads": 1}) as warehouse, counted_groups() as grouped:
        first = outcome(paths[:3], DECLARED, warehouse)
        found = outcome(paths[3:], DECLARED, warehouse)
    assert grouped == [3, 4]
    expected = outcome_alone(paths, DECLARED)
    assert (first[0] + found[0], found[1]) == expected
    # Each report but the first has one record that is known from the report before it.
    assert [landing.new_count for landing in expected[0]] == [6, *[5] * 6]


def test_the_same_bytes_land_once_while_reports_wait(tmp_path: Path) -> None:
    texts = [text_of(lines_of(number)) for number in range(8)]
    paths = [
        write(tmp_path / f"{place}.csv", text)
        for place, text in enumerate([*texts[:4], texts[1], *texts[4:], texts[6]])
    ]
    with duckdb.connect(config={"threads": 1}) as warehouse:
        landings, found = outcome(paths, DECLARED, warehouse)
    known = {one.path.stem: one.already_landed_as for one in landings if one.already_landed_as}
    assert known == {"4": "1.csv", "9": "7.csv"}
    assert len(found["manifest"]) == 8


@pytest.mark.parametrize("cases", [ODD, TWINS], ids=["odd", "twins"])
def test_a_report_that_is_not_plain_keeps_its_own_outcome_in_a_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: dict[str, Callable[[list[str]], str]]
) -> None:
    paths, checks_twins = reports(tmp_path, cases), cases is TWINS
    # Each report is tried with the one before it and with the one behind it.
    monkeypatch.setattr(land, "LARGEST_GROUP", 2)
    monkeypatch.setattr(groups.Size, "after_group", lambda size: size.__init__(2, 1))
    monkeypatch.setattr(groups.Size, "after_alone", lambda size: size.__init__(2, 1))
    monkeypatch.setattr(land, "Size", lambda: groups.Size(2, 1))
    with duckdb.connect(config={"threads": 1}) as warehouse, counted_groups() as grouped:
        found = outcome(paths, DECLARED, warehouse, checks_twins=checks_twins)
    assert sum(grouped) >= (2 if checks_twins else 8)
    expected = outcome_alone(paths, DECLARED, checks_twins=checks_twins)

    assert differences(found, expected) == ""
    if checks_twins:
        loaded = {landing.path.stem[4:] for landing in expected[0] if landing.refusal is None}
        assert loaded & TWINS.keys() == {"the same records"}


def test_a_changed_label_is_said_though_another_report_of_the_group_has_the_first_one(tmp_path: Path) -> None:
    chat = line(7999, "2024-05-04 10:00:01", "Hello").replace("Session,Joined", "Chat,Message")
    first, second, third = lines_of(1), lines_of(2), lines_of(8)
    lines = [[*first, chat], [*second, chat], [*third[:3], *first[:3], chat.replace("Hello", "Hallo")]]
    paths = [write(tmp_path / f"{number}.csv", text_of(own)) for number, own in enumerate(lines)]
    with duckdb.connect(config={"threads": 1}) as warehouse, counted_groups():
        found = outcome(paths, DECLARED, warehouse)
    assert [len(landing.notes) for landing in found[0]] == [0, 0, 1]
    assert differences(found, outcome_alone(paths, DECLARED)) == ""


def test_a_word_for_blank_fields_is_read_though_another_report_of_the_group_has_blank_ones(tmp_path: Path) -> None:
    own = [line(7999, "2024-05-04 10:00:01", word, page=word) for word in ("", "NA")]
    paths = [write(tmp_path / f"{number}.csv", text_of([*lines_of(number), own[number]])) for number in range(2)]
    with duckdb.connect(config={"threads": 1}) as warehouse, counted_groups():
        found = outcome(paths, DECLARED, warehouse)
    assert [len(landing.notes) for landing in found[0]] == [0, 1]
    assert differences(found, outcome_alone(paths, DECLARED)) == ""


def test_a_group_that_fails_at_its_end_leaves_nothing_of_any_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write(tmp_path / f"{number:02}.csv", text_of(lines_of(number))) for number in range(12)]

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(groups, "remember", fails)
    with connect(tmp_path / "a.duckdb") as warehouse:
        with pytest.raises(KeyboardInterrupt):
            list(land_reports(warehouse, paths, Declaration()))
        for table in ("activities", "reports", "report_numbers", "user_names"):
            assert rows(warehouse, f"select count(*) from raw.{table}") == [0]
        monkeypatch.undo()
        landings = list(land_reports(warehouse, paths, Declaration()))
    assert [replace(one, path=Path(), name="", new_count=None) for one in landings] == [
        Landing(Path(), "", landed_count=6)
    ] * 12


def test_where_no_report_is_plain_groups_are_tried_seldom(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def never(_: object, group: list[object], *__: object, **___: object) -> None:
        tried.append(len(group))

    def alone(_: object, file: ReportFile, *__: object) -> Landing:
        return Landing(file.path, file.shown, landed_count=1)

    monkeypatch.setattr(land, "land_group", never)
    monkeypatch.setattr(land, "land_report", alone)
    paths = [write(tmp_path / f"{number}.csv", text_of([line(number, "2024-05-13 10:00:01")])) for number in range(40)]
    landings = list(land_reports(warehouse, paths, Declaration()))

    assert [one.path for one in landings] == paths
    assert tried == [40, 10, 4, 4, 4]


def test_an_encoding_that_the_files_do_not_have_is_said_of_each(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{number}.csv", text_of(lines_of(number)).replace("Ana", "Anä")) for number in range(5)]
    declared = replace(DECLARED, encoding="cp1252")
    with duckdb.connect(config={"threads": 1}) as warehouse, counted_groups():
        found = outcome(paths, declared, warehouse)
    assert [landing.notes for landing in found[0]] == [
        ["its letters are in utf-8, so it was not read as cp1252, which was declared"]
    ] * 5
    assert differences(found, outcome_alone(paths, declared)) == ""


def test_days_that_a_spreadsheet_may_have_swapped_are_said_of_a_report_in_a_group(tmp_path: Path) -> None:
    # The days of all together are no months.
    paths = [write(tmp_path / f"{number}.csv", text_of(lines_of(20 + number))) for number in range(5)]
    monthly = [line(7900 + user, f"2024-{month}-03 1{user}:07:09") for month in (10, 11, 12) for user in range(4)]
    paths.append(write(tmp_path / "5.csv", text_of(monthly)))
    with duckdb.connect(config={"threads": 1}) as warehouse, counted_groups():
        found = outcome(paths, DECLARED, warehouse)
    said = [["swapped day and month" in note for note in landing.notes] for landing in found[0]]
    assert said == [*([] for _ in range(5)), [True]]
    assert differences(found, outcome_alone(paths, DECLARED)) == ""
