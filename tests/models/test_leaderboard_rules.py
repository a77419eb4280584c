"""The rules of the leaderboard that depend on files: reports that overlap, and the seeds as their owner edits them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from conftest import Once, Project, copy_project

HEADER = ("User ID", "Email", "Category", "Action", "Label", "Date", "Content ID")
ANN = ("1", "ann@example.org")
ANN_TOO = ("11", "ann@example.org")
BO = ("2", "bo@example.org")
CY = ("3", "cy@organiser.example")

EARLIER = (
    (*ANN, "Like", "Like", "Keynote", "2026-05-11 10:00:00", "10"),
    (*ANN, "Chat", "Message", "Hello", "2026-05-11 11:00:00", "10"),
    (*BO, "Chat", "Message", "Hello", "2026-05-12 09:00:00", "20"),
)
LATER = (
    *EARLIER,
    # Once more after the reset: it was done before.
    (*ANN_TOO, "Chat", "Message", "Hello again", "2026-05-12 10:00:00", "10"),
    (*ANN_TOO, "Session", "Joined", "Keynote", "2026-05-12 11:00:00", "10"),
    (*CY, "Chat", "Message", "Welcome", "2026-05-12 12:00:00", "10"),
)
SEEDS = {
    "point_resets": "main,2026-05-12 08:00:00,\n",
    "content_multipliers": "main,10,3,2026-05-12 00:00:00,\nmain,20,2,,\n",
    "contests": "guests,Guests,main,,,true,,true\n",
    "teams": "main,Both,1,\nmain,Both,,BO@example.org\n",
    "staff": "main,,*@organiser.example\n",
    # The second activity of Ann's other id was done before under the first, so that it earns nothing.
    "same_user": "main,11,1,a new account\n",
}


def write_report(path: Path, rows: tuple[tuple[str, ...], ...]) -> None:
    """Write a report."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])


def build(project: Project) -> None:
    """Build the marts of the leaderboard and the tests that need no other."""
    chosen = ("--select", "+path:models/marts/leaderboard", "--indirect-selection", "cautious")
    result = project.dbt("build", *chosen, "--exclude-resource-type", "unit_test")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def built(once: Once) -> Project:
    """A project with two overlapping downloads, and seeds to which their owner has added."""
    return Project(once("leaderboard", build_leaderboard), is_shared=True)


def build_leaderboard(folder: Path) -> None:
    """Land the downloads, add to the seeds and build."""
    project = copy_project(folder)
    write_report(project.root / "reports" / "earlier.csv", EARLIER)
    write_report(project.root / "reports" / "later.csv", LATER)
    for name, rows in SEEDS.items():
        with (project.root / "seeds" / "site" / f"{name}.csv").open("a") as file:
            file.write(rows)
    landed = project.script("load_reports.py", "--site", "main", "reports")
    assert landed.returncode == 0, landed.stdout + landed.stderr
    build(project)


def test_an_activity_in_two_files_earns_once(built: Project) -> None:
    # Ann's like and chat and Bo's chat are in both files; the newest holds the record that counts.
    records, unique = "activity.raw.activities", "activity.staging.base_juno__activities where not is_duplicate"
    assert built.ask(f"select (select count(*) from {records}) - (select count(*) from {unique})") == [(3,)]
    ledger = built.ask(
        "select user_id, rule_name, cast(awarded_at as varchar), rule_points, multiplier, record_number"
        " from marts.fct_points_awarded order by awarded_at",
    )
    assert ledger == [
        ("1", "Favorite", "2026-05-11 10:00:00", 2, 1, 1),
        ("1", "Live chat", "2026-05-11 11:00:00", 10, 1, 2),
        ("2", "Live chat", "2026-05-12 09:00:00", 10, 2, 3),
        ("1", "Joined", "2026-05-12 11:00:00", 20, 3, 5),
        ("3", "Live chat", "2026-05-12 12:00:00", 10, 3, 6),
    ]


def test_all_that_another_id_of_a_user_did_counts_for_the_one_that_stays(built: Project) -> None:
    unique = "activity.staging.base_juno__activities where not is_duplicate"
    assert built.ask(f"select user_id, count(*) from {unique} group by all order by all") == [
        ("1", 4),
        ("2", 1),
        ("3", 1),
    ]
    # raw keeps what the report says.
    assert built.ask("select count(*) from activity.raw.activities where user_id = '11'") == [(2,)]


def test_a_multiplier_rewrites_the_past_only_if_its_validity_says_so(built: Project) -> None:
    # That of page 10 holds from the second day on, so what Ann earned on the first stays; that of page 20 has no start.
    points = built.ask(
        "select content_id, cast(awarded_at as date)::varchar, sum(points)::int from marts.fct_points_awarded"
        " group by all order by all",
    )
    assert points == [("10", "2026-05-11", 12), ("10", "2026-05-12", 90), ("20", "2026-05-12", 20)]


def test_what_was_done_before_a_reset_earns_nothing_after_it(built: Project) -> None:
    # Ann chatted on page 10 before the reset and again after it: only her joining counts. Staff take no part.
    assert built.ask(
        "select contest_id, user_id, rank, points, points_to_next_place from marts.fct_leaderboard order by all",
    ) == [
        ("all_time", "1", 1, 72, None),
        ("all_time", "2", 3, 20, 10),
        ("all_time", "3", 2, 30, 42),
        ("guests", "1", 1, 60, None),
        ("guests", "2", 2, 20, 40),
    ]
    assert built.ask(
        "select cast(standing_date as varchar), user_id, rank, movement, points, points_of_day"
        " from marts.fct_leaderboard_history where contest_id = 'guests' order by all",
    ) == [
        ("2026-05-11", "1", 1, None, 12, 12),
        ("2026-05-12", "1", 1, 0, 60, 60),
        ("2026-05-12", "2", 2, None, 20, 20),
    ]


def test_a_team_is_the_sum_of_its_members(built: Project) -> None:
    assert built.ask(
        "select contest_id, team_name, points, member_count, points_per_member from marts.fct_team_leaderboard"
        " order by all",
    ) == [("all_time", "Both", 92, 2, 46.0), ("guests", "Both", 80, 2, 40.0)]


def test_rows_of_a_site_without_reports_count_for_nothing(built: Project) -> None:
    # The seeds ship with rows of the sample, which is not landed here.
    contests = built.ask("select count(*) from activity.staging.contests where site_id = 'sample'")
    assert contests != [(0,)]
    assert built.ask("select distinct site_id from activity.intermediate.int_user_groups") == [("main",)]


def test_two_teams_of_one_user_fail_and_a_row_that_names_nobody_warns(built: Project, tmp_path: Path) -> None:
    project = Project(shutil.copytree(built.root, tmp_path / "project"))
    with (project.root / "seeds" / "site" / "teams.csv").open("a") as file:
        file.write("main,Other,2,\nmain,Other,,nobody@example.org\n")
    result = project.dbt("build", "--select", "teams", "int_user_groups", "--exclude-resource-type", "unit_test")
    assert result.returncode == 1
    assert "FAIL 1 int_user_groups__one_team_per_user_and_site" in result.stdout
    assert "WARN 1 names_somebody" in result.stdout
