"""Of a download that holds an earlier one only the rest is read, and the outcome is as if all of it had been."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest

from conftest import warehouse_in
from fuzz.folders import each_alone
from landing import held, one_report
from landing.held import Part
from landing.land import land_reports
from landing.outcome import Declaration, Landing
from landing.statements import write_report
from loader_fixtures import HEADER, rows, write
from removal.erase import forget
from removal.remove import all_reports, remove
from removal.subject import UnknownUser, find_person
from warehouse.database import connect, transaction
from warehouse.raw_tables import RAW_TABLES

pytestmark = pytest.mark.slow

UTC = Declaration()
ZURICH = Declaration("north", "Europe/Zurich", to_remember=(("TIME_ZONE", "Europe/Zurich"),))
# The view raw.activities is made of the first six.
TABLES = (
    *("report_numbers", "events", "user_names", "content_names", "records", "report_records", "rejected_records"),
    *("reports", "declarations", "removed_reports"),
)
START = datetime(2026, 3, 28, 22, 0, 7)
HEAD = ",".join(HEADER)


def time_of(number: int) -> datetime:
    return START + timedelta(minutes=37 * number, seconds=number % 50)


def line(number: int, user: str = "", label: str = "Opening", last: str = "Quill", at: str = "") -> str:
    """A record; the first of them are older."""
    user = user or str(7001 + number % 5)
    at = at or f"{time_of(number)}"
    page = 4100 + number % 3
    return f"{user},Ana,{last},Fern Ltd,u{user}@x.example,Session,Joined,{label},{at},{page},Room {page},room-{page}"


def text_of(lines: list[str], end: str = "\n", header: str = HEAD) -> str:
    return "".join(one + end for one in (header, *lines))


def downloads(lines: list[str], *counts: int, is_newest_first: bool = False) -> list[str]:
    """Downloads that each hold so many of the oldest records."""
    return [text_of(lines[:count][::-1] if is_newest_first else lines[:count]) for count in counts]


Step = Callable[[duckdb.DuckDBPyConnection], None]


@dataclass
class Parts:
    """The parts that were found to be earlier reports, and by the name of its file those that were stored as such."""

    found: list[Part] = field(default_factory=list)
    stored: dict[str, Part] = field(default_factory=dict)


@contextmanager
def read_in_parts() -> Iterator[Parts]:
    parts = Parts()

    def found(*arguments: Any) -> Part | None:
        part = held.part_of(*arguments)
        parts.found.extend([part] if part else [])
        return part

    def noted(connection: duckdb.DuckDBPyConnection, staged: Any) -> Landing:
        landing = write_report(connection, staged)
        parts.stored |= {staged.file.name: staged.part} if staged.part else {}
        return landing

    with (
        mock.patch.object(held, "SMALLEST", 1),
        mock.patch.object(one_report, "part_of", found),
        mock.patch.object(one_report, "write_report", noted),
    ):
        yield parts


@contextmanager
def read_as_wholes() -> Iterator[None]:
    with mock.patch.object(one_report, "part_of", return_value=None):
        yield


def outcome(
    instance: duckdb.DuckDBPyConnection, steps: list[tuple[Path, Declaration] | Step], *, checks_twins: bool
) -> tuple[list[Landing], dict[str, list[Any]]]:
    """What became of the reports, and all that is in the warehouse but the times of loading."""
    landings: list[Landing] = []
    with warehouse_in(instance) as warehouse, each_alone():
        for step in steps:
            if isinstance(step, tuple):
                landings += land_reports(warehouse, [step[0]], step[1], checks_twins=checks_twins)
            else:
                step(warehouse)
        return landings, {
            # In their order, but for places, which are in that of their records.
            table: rows(
                warehouse,
                f"select columns(lambda name: not contains('loaded_at declared_at removed_at', name)) from raw.{table}"
                + (" order by all" if table == "report_records" else ""),
            )
            for table in TABLES
        }


def check(
    instance: duckdb.DuckDBPyConnection,
    steps: list[tuple[Path, Declaration] | Step],
    *,
    checks_twins: bool = True,
) -> tuple[list[Landing], dict[str, Part]]:
    """Hold both outcomes against each other; returns the landings of the reports, and the parts that were not read.

    To look for twins takes as long as to land: a test can leave it out where no record has another form.
    """
    with read_in_parts() as parts:
        found = outcome(instance, steps, checks_twins=checks_twins)
    if not parts.found:
        # All was read as a whole, and would be so again.
        return found[0], {}
    with read_as_wholes():
        expected = outcome(instance, steps, checks_twins=checks_twins)
    assert found[0] == expected[0]
    for table in TABLES:
        assert found[1][table] == expected[1][table], table
    return found[0], parts.stored


def landed(
    instance: duckdb.DuckDBPyConnection,
    folder: Path,
    *texts: str,
    declaration: Declaration = UTC,
    checks_twins: bool = True,
) -> list[Part]:
    """Land reports in both ways; returns the parts that were not read."""
    paths = [write(folder / f"{number:02}.csv", text) for number, text in enumerate(texts)]
    return [*check(instance, [(path, declaration) for path in paths], checks_twins=checks_twins)[1].values()]


LINES = [line(number) for number in range(60)]


@pytest.mark.parametrize("is_newest_first", [False, True])
@pytest.mark.parametrize("declaration", [Declaration(), ZURICH])
def test_only_the_rest_of_a_download_is_read(
    instance: duckdb.DuckDBPyConnection, tmp_path: Path, is_newest_first: bool, declaration: Declaration
) -> None:
    texts = downloads(LINES, 20, 30, 45, 60, is_newest_first=is_newest_first)
    parts = landed(instance, tmp_path, *texts, declaration=declaration)
    assert [(part.held.number, part.held.count, part.held.is_first) for part in parts] == [
        (1, 20, not is_newest_first),
        (2, 30, not is_newest_first),
        (3, 45, not is_newest_first),
    ]


# The first download and the second: the first is plain, but what the second has besides is not.
ODD: dict[str, tuple[str, str]] = {
    "a rejected record in the second": (text_of(LINES[:30]), text_of([*LINES[:30], line(30, at="soon")])),
    "a record of tomorrow's tomorrow": (
        text_of(LINES[:30]),
        text_of([*LINES[:30], line(30, at="2999-01-01 00:00:01")]),
    ),
    "an id that a spreadsheet rounded": (
        text_of(LINES[:30]),
        text_of([*LINES[:30], line(30, user="98765432109875000")]),
    ),
    "a blank line": (text_of(LINES[:30]), text_of([*LINES[:30], "", *LINES[30:]])),
    "a short record": (text_of(LINES[:30]), text_of([*LINES[:30], LINES[30].rsplit(",", 3)[0]])),
    "other line ends": (text_of(LINES[:30]), text_of(LINES[:30]) + text_of(LINES[30:40], "\r\n", header=LINES[40])),
    "dates of another form": (text_of(LINES[:30]), text_of([*LINES[:30], LINES[30].replace("-03-", "/03/")])),
    "ids with a fraction": (
        text_of(LINES[:30]),
        text_of([*LINES[:30], *(one.replace(",", ".0,", 1) for one in LINES[30:35])]),
    ),
    "a quote that is not closed": (text_of(LINES[:30]), text_of([*LINES[:30], '1,"Ana', LINES[31]])),
    "a quote that is not closed before the rest": (
        text_of(LINES[:30][::-1]),
        text_of(['1,"Ana', *LINES[:30][::-1]]),
    ),
    "the header again": (text_of(LINES[:30]), text_of([*LINES[:30], HEAD, LINES[30]])),
    "a repeated record behind": (text_of(LINES[:30]), text_of([*LINES[:30], LINES[29], LINES[30]])),
    "a repeated record before": (text_of(LINES[:30][::-1]), text_of([LINES[30], LINES[29], *LINES[:30][::-1]])),
    "twins": (text_of(LINES[:30]), text_of([*LINES[:30], *("00" + one for one in LINES[:20])])),
}
# In the second no plain report is found.
NOT_HELD: dict[str, tuple[str, str]] = {
    "a renamed person": (
        text_of(LINES[:30]),
        text_of([LINES[0].replace("Quill", "Quinn"), *LINES[1:40]]),
    ),
    "a rejected record in the first": (
        text_of([*LINES[:30], line(30, at="soon")]),
        text_of([*LINES[:30], line(30, at="soon"), LINES[31]]),
    ),
    "blank lines at the end": (text_of(LINES[:30]) + "\n\n", text_of(LINES[:30]) + "\n\n" + LINES[30] + "\n"),
    "a short record in the first": (
        text_of([*LINES[:30], LINES[30].rsplit(",", 3)[0]]),
        text_of([*LINES[:30], LINES[30].rsplit(",", 3)[0], LINES[31]]),
    ),
    "a cut record": (text_of(LINES[:30])[:-40], text_of(LINES[:31])),
    "no newline at the end": (text_of(LINES[:30])[:-1], text_of(LINES[:31])),
    "a record of two lines is cut": (
        text_of([*LINES[:20], line(20, label='"two\nlines"')])[: -len(line(20).partition("Opening")[2]) - 8],
        text_of([*LINES[:20], line(20, label='"two\nlines"')]),
    ),
    "another header": (text_of(LINES[:30]), text_of(LINES[:31]).replace("Email", "E-Mail")),
    "a few minutes": (
        text_of([line(n, at=f"2026-03-28 10:{n:02}:00") for n in range(8)]),
        text_of([line(n, at=f"2026-03-28 10:{n:02}:00") for n in range(14)]),
    ),
    "another column": (text_of(LINES[:30]).replace("\n", ",x\n"), text_of(LINES[:31]).replace("\n", ",x\n")),
    "cp1252": (
        text_of(LINES[:30]).replace("Quill", "Qu\xe9"),
        text_of(LINES[:31]).replace("Quill", "Qu\xe9"),
    ),
    "a part of the first": (text_of(LINES[:30]), text_of([*LINES[:20], *LINES[30:]])),
}


def of_site(folder: Path, name: str, text: str, number: int) -> tuple[Path, Declaration]:
    """A report of one of several sites in a warehouse; no other site has a report of the same bytes."""
    text = text.replace("Fern", f"Fern {number}")
    path = write(folder / f"{name}.csv", text.encode("cp1252" if name.endswith("cp1252") else "utf-8"))
    return path, Declaration(f"site{number}")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([*NOT_HELD], id="not held"),
        pytest.param(["twins"], id="twins"),
        pytest.param([name for name in ODD if name != "twins"], id="odd"),
    ],
)
def test_what_is_not_plain_is_read_as_a_whole(
    instance: duckdb.DuckDBPyConnection, tmp_path: Path, names: list[str]
) -> None:
    # The cases that begin with the same download share a site.
    firsts: list[str] = []
    steps: list[tuple[Path, Declaration] | Step] = []
    for name in names:
        first, second = (ODD | NOT_HELD)[name]
        if first not in firsts:
            firsts.append(first)
            steps.append(of_site(tmp_path, f"before {name}", first, firsts.index(first)))
        steps.append(of_site(tmp_path, name, second, firsts.index(first)))
    assert check(instance, steps, checks_twins=names == ["twins"])[1] == {}


def test_what_is_plain_has_records_that_all_land_in_the_usual_form(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    reports = {
        "plain": (text_of(LINES[:30]), UTC),
        "read as declared": (text_of(LINES[1:30]), Declaration(encoding="cp1252")),
        "no date": (text_of([*LINES[3:30], LINES[30].replace(f"{time_of(30)}", "")]), UTC),
        "not a day, behind the first dates": (text_of([*LINES[2:30], line(30, at="2026-02-30 10:00:07")]), UTC),
        "no record": (text_of([]), UTC),
    }
    found = {}
    with each_alone(), mock.patch("reports.scan.FIRST_DATES", 5):
        for name, (text, declaration) in reports.items():
            path = write(tmp_path / f"{name}.csv", text)
            assert [one.refusal for one in land_reports(warehouse, [path], declaration, checks_twins=False)] == [None]
            found[name] = rows(warehouse, f"select is_plain from raw.reports where file_name = '{name}.csv'")
    assert found == {name: [name == "plain"] for name in reports}


PLAIN: dict[str, tuple[str, str]] = {
    "a byte order mark": ("\ufeff" + text_of(LINES[:30]), "\ufeff" + text_of(LINES[:31])),
    "returns": (text_of(LINES[:30], "\r\n"), text_of(LINES[:31], "\r\n")),
    "lines in texts": (
        text_of([*LINES[:20], line(20, label='"two\nlines, ""so""\r\n"')]),
        text_of([*LINES[:20], line(20, label='"two\nlines, ""so""\r\n"'), line(21, label='"\n"'), LINES[22]]),
    ),
    "equal records in each part": (
        text_of([*LINES[:30], LINES[3], LINES[3]]),
        text_of([*LINES[:30], LINES[3], LINES[3], LINES[30], LINES[30], LINES[31]]),
    ),
    "no newline at the end of the newest first": (
        text_of(LINES[:30][::-1])[:-1],
        text_of(LINES[:35][::-1])[:-1],
    ),
    "no newline at the end of the second": (text_of(LINES[:30]), text_of(LINES[:31])[:-1]),
    "minutes in the rest": (
        text_of(LINES[:30]),
        text_of([*LINES[:30], *(line(n, at=f"2026-05-01 10:{n:02}:00") for n in range(30, 50))]),
    ),
    "another name for a known person and page": (
        text_of(LINES[:30]),
        text_of([*LINES[:30], *(line(n, last="Quinn") for n in range(30, 35))]),
    ),
    "letters in ids": (
        text_of([line(n, user=f"a{n % 4}") for n in range(30)]),
        text_of([line(n, user=f"a{n % 4}") for n in range(35)]),
    ),
    "no user": (text_of(LINES[:30]), text_of([*LINES[:30], *(one[4:] for one in LINES[30:33])])),
    "years later": (text_of(LINES[:30]), text_of([line(1, at="2019-01-01 10:00:01"), *LINES[:30]])),
    "a clock that runs late": (
        text_of(LINES[:30]),
        text_of([*LINES[:30], *(line(n, at=f"{time_of(n) + timedelta(seconds=47)}") for n in range(20))]),
    ),
}


# The cases where the rest has records of the first in another form, or records that could be.
OF_TWINS = ("a clock that runs late", "minutes in the rest", "no user")


@pytest.mark.parametrize("name", [*OF_TWINS, "all others"])
def test_what_is_plain_is_not_read_again(instance: duckdb.DuckDBPyConnection, tmp_path: Path, name: str) -> None:
    # To another site its reports would be twins.
    cases = [name] if name in OF_TWINS else [other for other in PLAIN if other not in OF_TWINS]
    steps: list[tuple[Path, Declaration] | Step] = [
        of_site(tmp_path, f"{before}{case}", text, number)
        for number, case in enumerate(cases)
        for before, text in zip(("before ", ""), PLAIN[case], strict=True)
    ]
    _, parts = check(instance, steps, checks_twins=name in OF_TWINS)
    numbers = {file.removesuffix(".csv"): part.held.number for file, part in parts.items()}
    assert numbers == {case: 2 * number + 1 for number, case in enumerate(cases)}


# What the rest has of the earlier report in another form.
TWINS: dict[str, list[str]] = {
    "other ids": ["00" + one for one in LINES[:20]],
    "an hour later": [line(n, at=f"{time_of(n) + timedelta(hours=1)}") for n in range(20)],
    "a clock that runs late": [line(n, at=f"{time_of(n) + timedelta(seconds=n * n + 47)}") for n in range(20)],
    "late by the same": [line(n, at=f"{time_of(n) + timedelta(seconds=47)}") for n in range(30)],
    "without seconds": [line(n, at=f"{time_of(n).replace(second=0)}") for n in range(20)],
    "no content": [one.rsplit(",", 3)[0] + ",,," for one in LINES[:20]],
}


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_twins_in_the_rest_are_found_as_in_the_whole(
    instance: duckdb.DuckDBPyConnection, tmp_path: Path, is_newest_first: bool
) -> None:
    """The first report is no twin: it is compared with one of other people."""
    texts = {
        "other": [line(n, user=f"9{n % 7}") for n in range(15)],
        "older": LINES[:30],
        # The longest first, so that none is looked for in another.
        **{name: [*LINES[:30], *TWINS[name]] for name in sorted(TWINS, key=lambda name: -len("".join(TWINS[name])))},
    }
    paths = [
        write(tmp_path / f"{name}.csv", text_of(lines[::-1] if is_newest_first else lines))
        for name, lines in texts.items()
    ]
    # Each that is refused is loaded all the same.
    steps: list[tuple[Path, Declaration] | Step] = [
        (path, Declaration(allows_twins=allows_twins)) for path in paths for allows_twins in (False, True)
    ]
    landings, parts = check(instance, steps)
    assert {landing.path.stem: landing.landed_count for landing in landings if landing.landed_count} == {
        name: len(lines) for name, lines in texts.items()
    }
    assert parts.keys() == {f"{name}.csv" for name in TWINS}


def test_the_largest_earlier_report_is_found_also_where_others_lie_between(
    instance: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    texts = [*downloads(LINES, 20, 30), text_of(LINES[40:50]), text_of(LINES[:60])]
    parts = landed(instance, tmp_path, *texts, checks_twins=False)
    assert [part.held.number for part in parts] == [1, 2]


def test_what_another_report_holds_of_the_rest_is_known(instance: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{n}.csv", text)
        for n, text in enumerate((text_of(LINES[20:40]), text_of(LINES[:25]), text_of(LINES[:50])))
    ]
    landings, parts = check(instance, [(path, Declaration()) for path in paths], checks_twins=False)
    assert [landing.new_count for landing in landings] == [20, 20, 10]
    assert {name: part.held.count for name, part in parts.items()} == {"2.csv": 25}


def steps_of(folder: Path, *steps: str | Step | tuple[str, Declaration]) -> list[tuple[Path, Declaration] | Step]:
    found: list[tuple[Path, Declaration] | Step] = []
    for number, step in enumerate(steps):
        if callable(step):
            found.append(step)
        else:
            text, declaration = (step, Declaration()) if isinstance(step, str) else step
            found.append((write(folder / f"{number}.csv", text), declaration))
    return found


def forget_one(user: str) -> Step:
    def forgotten(warehouse: duckdb.DuckDBPyConnection) -> None:
        # A user who was not at the event is unknown, and has nothing to forget.
        with suppress(UnknownUser):
            forget(warehouse, find_person(warehouse, user, None))

    return forgotten


def remove_the(number: int) -> Step:
    def removed(warehouse: duckdb.DuckDBPyConnection) -> None:
        reports = sorted(all_reports(warehouse), key=lambda report: str(report.file_name))
        with transaction(warehouse):
            remove(warehouse, reports[number])

    return removed


def test_after_somebody_was_forgotten_a_report_is_read_once_as_a_whole(
    instance: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Then the reports that hold nothing of them are plain again."""
    lines = [one for one in LINES if not one.startswith("7003")]
    texts = downloads(lines, 10, 20, 30, 40)
    other = text_of([line(90, user="7003", last="Wren")])
    steps = steps_of(tmp_path, other, *texts[:2], forget_one("7003"), *texts[2:])
    _, parts = check(instance, steps, checks_twins=False)
    assert [part.held.count for part in parts.values()] == [10, 30]
    # Somebody who was forgotten is in the rest.
    again = tmp_path / "again"
    again.mkdir()
    theirs = text_of([*lines[:30], *LINES[30:]])
    _, parts = check(instance, steps_of(again, other, forget_one("7003"), texts[2], theirs), checks_twins=False)
    assert parts == {}


def test_a_report_that_was_removed_is_known_no_more(instance: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    texts = downloads(LINES, 20, 30, 40, 50)
    steps = steps_of(tmp_path, *texts[:2], remove_the(1), texts[2], remove_the(0), texts[3])
    _, parts = check(instance, steps, checks_twins=False)
    assert [(part.held.number, part.held.count) for part in parts.values()] == [(1, 20), (1, 20), (3, 40)]


def test_reports_that_are_declared_otherwise_are_others(instance: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    declarations = (
        ZURICH,
        Declaration(site_id="south"),
        Declaration(date_format="dd/MM/yyyy"),
        Declaration(encoding="cp1250"),
        Declaration(min_date=date(2026, 3, 29)),
        Declaration(min_date=date(9999, 12, 31)),
        Declaration(max_date=date(2026, 3, 29)),
    )
    first, *others = downloads(LINES, 30, *range(31, 31 + len(declarations)))
    declared = [replace(declaration, allows_twins=True) for declaration in declarations]
    _, parts = check(instance, steps_of(tmp_path, first, *zip(others, declared, strict=True)), checks_twins=False)
    assert parts == {}


def test_a_warehouse_of_an_older_version_learns_what_is_plain(
    instance: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def older(warehouse: duckdb.DuckDBPyConnection) -> None:
        for column in ("reports drop is_plain", "rejected_records drop impossible_date", "rejected_records drop kind"):
            warehouse.execute(f"alter table raw.{column}")

    texts = downloads(LINES, 20, 30, 40)
    _, parts = check(instance, steps_of(tmp_path, texts[0], older, *texts[1:]), checks_twins=False)
    assert [part.held.number for part in parts.values()] == [2]
    assert "alter table raw.reports add column if not exists is_plain" in RAW_TABLES


def test_a_load_that_is_killed_leaves_nothing_of_a_report_that_holds_another(tmp_path: Path) -> None:
    first, second = (write(tmp_path / f"{n}.csv", text) for n, text in enumerate(downloads(LINES, 30, 40)))
    with connect(tmp_path / "a.duckdb") as warehouse, each_alone(), read_in_parts() as parts:
        list(land_reports(warehouse, [first], Declaration()))
        with mock.patch.object(one_report, "remember", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            list(land_reports(warehouse, [second], Declaration()))
        assert rows(warehouse, "select count(*) from raw.report_records") == [30]
        [landing] = land_reports(warehouse, [second], Declaration())
    assert (landing.landed_count, landing.new_count, len(parts.found), [*parts.stored]) == (40, 10, 2, ["1.csv"])


# Nine more, up to 14, reach no pair of lines of the loader that these miss (30 November 2026).
@pytest.mark.parametrize("seed", [0, 4, 7, 12, 13, 14])
def test_histories_have_the_same_outcome_in_both_ways(
    instance: duckdb.DuckDBPyConnection, tmp_path: Path, seed: int
) -> None:
    choose = random.Random(f"history {seed}")
    end, is_newest_first = choose.choice(("\n", "\r\n")), choose.random() < 0.5
    declaration = choose.choice((Declaration(), ZURICH, replace(ZURICH, allows_twins=True)))
    lines: list[str] = []
    steps: list[tuple[Path, Declaration] | Step] = []
    for number in range(choose.randint(3, 7)):
        lines += [
            choose.choice(LINES)
            if choose.random() < 0.05
            else line(
                len(lines) + n,
                label=choose.choice(("Opening", '"two\nlines"', '"a ""b"", c"', "", "N/A", "Grüezi")),
                last=choose.choice(("Quill", "Quill", "Quinn")),
                at=choose.choice(("", "", "", "", "2026-03-29 02:30:01", "2026-10-25 02:30:00")),
            )
            for n in range(choose.randint(1, 15))
        ]
        if choose.random() < 0.1:
            lines[choose.randrange(len(lines))] = choose.choice(("", "x", LINES[0][:-9], line(3, at="never")))
        text = text_of(lines[::-1] if is_newest_first else lines, end)
        text = text[: -len(end)] if choose.random() < 0.1 else text
        steps.append((write(tmp_path / f"{number}.csv", text), declaration))
        if choose.random() < 0.1:
            steps.append(remove_the(0))
        if choose.random() < 0.05:
            steps.append(forget_one("7003"))
    check(instance, steps)
