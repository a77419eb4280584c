"""What `make show` prints of a session, a user and a contest, on the sample."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import pytest

from changed_copies import written
from conftest import Project
from page.show import sessions_query


def show(project: Project, *arguments: str) -> CompletedProcess[str]:
    return project.script("show.py", *arguments, COLUMNS="160")


def lines(project: Project, *arguments: str) -> list[str]:
    """What is printed, with one blank for several."""
    done = show(project, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_without_a_wish_it_is_the_summary(sample_project: Project) -> None:
    said = lines(sample_project)
    assert "4 reports hold 4,248 records: 4,246 landed, 2 rejected." in said


def test_a_session_is_shown_with_its_people(sample_project: Project) -> None:
    # The likely minutes and hours: analyses/README.md, which test_sample_story.py calculates from the files.
    with sample_project.open() as connection:
        [(registered, came, hours)] = connection.execute(
            "select registered_count, unique_people_count, round(likely_seconds / 3600, 1) from marts.fct_sessions"
            " where content_id = '4101'"
        ).fetchall()
    said = lines(sample_project, "--session", "kEYnote")
    assert said[0] == "Opening Keynote: The Tide Is In, 2026-05-12"
    assert {f"planned {registered}", f"came {came}", f"hours likely {hours}"} <= set(said)
    # The same ranges as on the page, which test_browser.py looks at.
    assert {
        "attended 43 (36 to 43)",
        "to the end 39 (30 to 40)",
        "left early 4 (3 to 12)",
        "most at once 40 (30 to 40)",
    } <= set(said)
    assert "Ada Okafor Samphire Health 08:46 1 74 74 74 yes, proven" in said
    # 3,582 s are 60 min on the page, and never 59.
    assert "Paloma Reyesca Kestrel Training, Inc. 09:01 1 60 60 60 yes, proven" in said
    assert "and 23 more. All of them: make show SESSION=sample:4101 ALL=1" in said
    assert len(lines(sample_project, "--session", "kEYnote", "--all")) == len(said) + 22
    assert said[-1].startswith("Attendance is a definition of this project")


def test_at_80_columns_no_word_is_split(sample_project: Project) -> None:
    with sample_project.open() as connection:
        names = connection.execute("select full_name, company from restricted.user_details").fetchall()
    words = {word for name in names for text in name if text for word in text.split()}
    for wish in (("--session", "keynote"), ("--user", "5001"), ("--contest", "all_time"), ()):
        done = sample_project.script("show.py", *wish, COLUMNS="80")
        assert done.returncode == 0
        printed = set(done.stdout.split())
        beginnings = {word[:length] for word in words for length in range(4, len(word))} - words
        assert printed & beginnings <= {"Old", "Tide"}, wish


def test_of_several_sessions_the_keys_are_told(sample_project: Project) -> None:
    done = show(sample_project, "--session", "private")
    assert done.returncode == 1, "nothing was shown"
    said = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert said[0] == "2 sessions fit. Fix: make show SESSION=… with the key of one:"
    key = said[1].split()[0]
    assert lines(sample_project, "--session", key)[0].startswith("Private meeting, ")


def test_the_day_and_the_time_of_a_session_are_of_one_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two hours past midnight UTC is the evening before in New York, which is the day of the session there.
    monkeypatch.setattr("page.show.read_settings", lambda: {"reporting_time_zone": "America/New_York"})
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.fct_sessions as select 'main:1' as session_key,"
            " 'Evening' as session_name, date '2026-09-15' as session_date, 27 as unique_people_count,"
            " timestamp '2026-09-16 02:00' as started_at"
        )
        found = connection.execute(sessions_query(), {"wanted": "even", "words": "even"}).fetchall()
    assert found == [("main:1", "Evening", date(2026, 9, 15), 27, " at 22:00 America/New_York")]


@pytest.mark.parametrize(
    "wanted", ["5001", "05001", "5001.0", "\u200b5001", "sample:5001", "ADA.okafor@example.com", "ada okaf"]
)
def test_a_user_is_found_by_id_e_mail_or_name(sample_project: Project, wanted: str) -> None:
    said = lines(sample_project, "--user", wanted)
    assert said[0] == "Ada Okafor (sample:5001) Samphire Health, ada.okafor@example.com"
    assert "Opening Keynote: The Tide Is In 2026-05-12 1 74 74 74 yes, proven" in said
    assert any(line.startswith("places (points) All time: 7 (230)") for line in said)
    # Private meetings and corrections are in the list below, and in none of these.
    assert any(line.startswith("public sessions attended, by the log ") for line in said)
    assert [len(line.partition(".")[2]) for line in said if line.startswith("engagement score")] == [1]


def test_a_user_is_found_by_an_id_that_is_merged(sample_project: Project, tmp_path: Path) -> None:
    done = written(
        sample_project,
        tmp_path,
        "--user",
        "5042",
        warehouse=["insert into staging.same_user values ('sample', '5042', '5041', '')"],
        published=[
            f"delete from {table} where user_id = '5042'" for table in ("marts.dim_users", "restricted.user_details")
        ],
        script="show.py",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Otto Rautenbach (sample:5041)")


def test_a_contest_is_shown_from_the_first_place_on(sample_project: Project) -> None:
    said = lines(sample_project, "--contest", "all time")
    assert said[0] == "All time"
    assert said[2:4] == [
        "1 Zofia Wierzbowska Blue Heron Learning 300 – 1",
        "2 Jasper Windle Windrose Institute 286 14 -1",
    ]
    assert "and 40 more. All of them: make show CONTEST=all_time ALL=1" in said
    assert len(lines(sample_project, "--contest", "all time", "--all")) == len(said) + 39


@pytest.mark.parametrize(
    ("option", "wanted", "said"),
    [
        ("--session", "no such", "no session is called 'no such'. Fix: make show SESSION="),
        ("--session", "100%", "no session is called '100%'"),
        ("--session", "_", "no session is called '_'"),
        ("--user", "' or true --", "no user is called"),
        ("--contest", "[/red]", "no contest is called '[/red]'"),
    ],
)
def test_what_is_not_there_is_said(sample_project: Project, option: str, wanted: str, said: str) -> None:
    done = show(sample_project, option, wanted)
    assert done.returncode == 1
    assert said in done.stdout
    assert "Traceback" not in done.stderr


def test_without_a_warehouse_the_fix_is_said(project: Project) -> None:
    done = show(project, "--contest", "all_time")
    assert done.returncode == 1
    assert "there is no published copy at " in done.stdout and "Fix: make build" in done.stdout
    duckdb.connect(str(project.published)).close()
    done = show(project, "--contest", "all_time")
    assert done.returncode == 1
    assert "is no copy of these marts" in done.stdout and "Traceback" not in done.stderr
