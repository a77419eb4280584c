"""The scenario table of attendance_rules.md, run through the loader and dbt."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Once, Project, copy_project

RULES = ROOT / "models" / "marts" / "attendance" / "attendance_rules.md"
HEADER = [
    *["User ID", "First", "Last", "Company", "Email", "Category", "Action", "Label", "Date"],
    *["Content ID", "Content Name", "Content Slug"],
]
# The sessions begin half an hour before midnight, on the eve of a daylight-saving change.
START = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
# How long each kind of session lasts, and how many others stay from its start to its end.
LENGTHS = {"normal": 60, "small": 60, "long": 600}
OTHERS = {"normal": 20, "small": 2, "long": 2}
ELSEWHERE = "900"


@dataclass(frozen=True)
class Scenario:
    """A row of the table; durations in seconds."""

    name: str
    session: str
    records: str
    proven: int
    likely: int
    possible: int
    attended: bool
    ended_by: list[str]


def seconds(text: str) -> int:
    """Seconds of a number of minutes such as -5, 60 or 4:59."""
    minutes, _, rest = text.partition(":")
    return int(minutes) * 60 + int(rest or 0)


def read_scenarios() -> list[Scenario]:
    """The rows of the scenario table."""
    scenarios = []
    table = RULES.read_text().split("## Scenarios")[1].split("## What it cannot know")[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 8 or cells[1] not in LENGTHS:
            continue
        name, session, records, proven, likely, possible, attended, ended_by = cells
        scenarios.append(
            Scenario(
                name,
                session,
                records,
                seconds(proven),
                seconds(likely),
                seconds(possible),
                {"yes": True, "no": False}[attended],
                [reason.strip() for reason in ended_by.split(",")] if ended_by else [],
            )
        )
    return scenarios


SCENARIOS = read_scenarios()


def record(user: str, category: str, action: str, label: str, at: int, content: str, name: str) -> list[str]:
    """One record of a report, `at` seconds after the start."""
    date = (START + timedelta(seconds=at)).strftime("%Y-%m-%d %H:%M:%S")
    slug = name.lower().replace(" ", "_")
    return [user, "Ada", user, "Ash", f"{user}@example.org", category, action, label, date, content, name, slug]


def records_of(number: int, scenario: Scenario) -> list[list[str]]:
    """The records of a scenario's user, and of people around who stay from start to end."""
    content, name = str(number), f"Session {number}"
    records = []
    for token in scenario.records.split():
        match = re.fullmatch(r"([JLCA])([bcpx]?)(-?\d+(?::\d+)?)", token)
        assert match, token
        kind, room, minute = match.groups()
        place = {
            "": (content, name, name),
            "b": (content, name, f"Breakout from {name} #81"),
            "c": (content, name, f"Breakout from {name} #82"),
            "p": ("", "", f"Breakout from {name} #83"),
            "x": (ELSEWHERE, "Elsewhere", "Elsewhere"),
        }[room]
        category, action = {
            "J": ("Session", "Joined"),
            "L": ("Session", "Left"),
            "A": ("Session", "Attend"),
            "C": ("Chat", "Message"),
        }[kind]
        label = f"Hello at {minute}" if kind == "C" else place[2]
        records.append(record(f"user{number}", category, action, label, seconds(minute), place[0], place[1]))
    for person in range(OTHERS[scenario.session]):
        for action, minute in (("Joined", 0), ("Left", LENGTHS[scenario.session])):
            records.append(record(f"person{number}-{person}", "Session", action, name, minute * 60, content, name))
    return records


@pytest.fixture(scope="module")
def built(once: Once) -> Project:
    """A warehouse of all scenarios, each in a session of its own with a user of its own."""
    return Project(once("scenarios", build_scenarios), is_shared=True)


def build_scenarios(folder: Path) -> None:
    """Build the warehouse of all scenarios."""
    project = copy_project(folder)
    rows = [row for number, scenario in enumerate(SCENARIOS, start=1) for row in records_of(number, scenario)]
    rows.append(record("planner", "Session", "Attend", "Session 1", -1800, "1", "Session 1"))
    rows.append(record("", "Session", "Joined", "Session 1", 0, "1", "Session 1"))
    write_report(project.root / "reports" / "scenarios.csv", rows)
    landed = project.script("load_reports.py", "reports")
    assert landed.returncode == 0, landed.stdout + landed.stderr
    # With the tests of their data that read no other mart.
    chosen = ("--select", "+path:models/marts/attendance", "fct_activities", "--indirect-selection", "cautious")
    result = project.dbt("build", *chosen, "--exclude-resource-type", "unit_test")
    assert result.returncode == 0, result.stdout + result.stderr


def write_report(path: Path, rows: list[list[str]]) -> None:
    """Write a report."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])


def marts_of(project: Project) -> duckdb.DuckDBPyConnection:
    """The marts, which a build of some of them doesn't publish."""
    return duckdb.connect(str(project.marts), read_only=True)


def test_the_table_was_read() -> None:
    lines = [line for line in RULES.read_text().splitlines() if re.match(r"\|.*\| (normal|small|long) \|", line)]
    assert len(SCENARIOS) == len(lines) >= 40


@pytest.mark.parametrize("number", range(1, len(SCENARIOS) + 1), ids=[scenario.name for scenario in SCENARIOS])
def test_scenario(built: Project, number: int) -> None:
    scenario = SCENARIOS[number - 1]
    with marts_of(built) as connection:
        attendance = connection.execute(
            "select proven_seconds, likely_seconds, possible_seconds, is_attended from marts.fct_session_attendance"
            " where user_id = ? and content_id = ?",
            [f"user{number}", str(number)],
        ).fetchall()
        ends = connection.execute(
            "select closed_by from marts.fct_presence_intervals"
            " where user_id = ? and content_id = ? order by joined_at nulls last, is_breakout, breakout_id",
            [f"user{number}", str(number)],
        ).fetchall()
    assert attendance == [(scenario.proven, scenario.likely, scenario.possible, scenario.attended)]
    assert [end[0] for end in ends] == scenario.ended_by


def test_only_attend_makes_no_row(built: Project) -> None:
    with marts_of(built) as connection:
        known = connection.execute("select count(*) from marts.fct_activities where user_id = 'planner'").fetchone()
        rows = connection.execute("select * from marts.fct_session_attendance where user_id = 'planner'").fetchall()
    assert (known, rows) == ((1,), [])


def test_anonymous_users_make_no_row(built: Project) -> None:
    with marts_of(built) as connection:
        known = connection.execute("select count(*) from marts.fct_activities where user_id is null").fetchone()
        rows = connection.execute("select * from marts.fct_session_attendance where user_id is null").fetchall()
    assert (known, rows) == ((1,), [])


def test_every_stay_names_the_records_behind_it(built: Project) -> None:
    with marts_of(built) as connection:
        wrong = connection.execute(
            """
            select *
            from marts.fct_presence_intervals as stays
            left join marts.fct_activities as opened on stays.opened_activity_key = opened.activity_key
            left join marts.fct_activities as closed on stays.closed_activity_key = closed.activity_key
            where opened.occurred_at is distinct from stays.joined_at
                or (stays.opened_by <> 'nothing' and opened.activity_type is distinct from 'session_joined')
                or (stays.closed_by = 'left' and closed.activity_type is distinct from 'session_left')
                or (stays.closed_by = 'rejoined' and closed.activity_type is distinct from 'session_joined')
                or (stays.closed_by in ('left', 'rejoined') and closed.user_id is distinct from stays.user_id)
            """
        ).fetchall()
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("two stays", {"gap_count": 1, "gap_seconds": 600, "evidence_ratio": 1.0}),
        ("an hour early", {"before_start_seconds": 900, "after_end_seconds": 0, "likely_ratio": 1.0}),
        ("half an hour late", {"before_start_seconds": 0, "after_end_seconds": 900, "possible_ratio": 1.0}),
        ("a breakout inside the stay", {"breakout_seconds": 600, "gap_count": 0, "likely_seconds": 3600}),
        ("from breakout to breakout", {"breakout_seconds": 1200, "evidence_ratio": 0.5}),
        ("came back after the end", {"after_end_seconds": 120, "gap_seconds": 600, "open_stay_count": 1}),
        ("a breakout only", {"likely_ratio": 1 / 6, "stay_count": 1, "open_stay_count": 0}),
        ("came and left within one second", {"evidence_ratio": None, "likely_ratio": 0.0}),
        ("0–60, 5–10 and 30–70 is 70, not 100", {"breakout_seconds": 2700, "after_end_seconds": 600}),
    ],
)
def test_the_parts_of_attendance(built: Project, name: str, parts: dict[str, float | None]) -> None:
    number = next(number for number, scenario in enumerate(SCENARIOS, start=1) if scenario.name == name)
    with marts_of(built) as connection:
        row = connection.execute(
            f"select {', '.join(parts)} from marts.fct_session_attendance where user_id = ? and content_id = ?",
            [f"user{number}", str(number)],
        ).fetchone()
    assert row == tuple(parts.values())


def test_a_session_tells_who_planned_who_came_and_how_full_it_was(built: Project) -> None:
    # Session 1: twenty people and one user from 0 to 60, and one planner who never came.
    with marts_of(built) as connection:
        session = connection.execute(
            """
            select registered_count, no_show_count, unique_people_count, attendee_count, left_early_count,
                peak_people_count, peak_minute_at, average_people, average_likely_seconds, likely_seconds,
                interaction_count, window_source
            from marts.fct_sessions where content_id = '1'
            """
        ).fetchone()
        minutes = connection.execute(
            """
            select count(*), min(presence_seconds), max(presence_seconds), max(minutes.peak_people_count)
            from marts.fct_session_concurrency as minutes join marts.fct_sessions using (session_key)
            where content_id = '1'
            """
        ).fetchone()
    assert session == (1, 1, 21, 21, 0, 21, START.replace(tzinfo=None), 21.0, 3600.0, 21 * 3600, 0, "inferred")
    assert minutes == (60, 21 * 60, 21 * 60, 21)


def test_a_minute_counts_who_is_there_at_the_same_time(built: Project) -> None:
    # A user who left at 4:59, beside twenty people who stayed.
    number = next(number for number, scenario in enumerate(SCENARIOS, start=1) if scenario.records == "J0 L4:59")
    with marts_of(built) as connection:
        minutes = connection.execute(
            "select presence_seconds, fct_session_concurrency.peak_people_count from marts.fct_session_concurrency"
            " join marts.fct_sessions using (session_key) where content_id = ? order by minute_at limit 6",
            [str(number)],
        ).fetchall()
    assert minutes == [(21 * 60, 21)] * 4 + [(20 * 60 + 59, 21), (20 * 60, 20)]
