"""Who is entitled to a certificate: held against the attendance marts and the verdicts of credits."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from changed_copies import forget_only_in_raw, run_on_copies, written
from conftest import Project


def listed(
    project: Project, folder: Path, *arguments: str, published: tuple[str, ...] = ()
) -> tuple[str, list[dict[str, str]]]:
    """What the command prints, and the rows that it writes."""
    done = written(project, folder, *arguments, published=published, script="certificates.py")
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = folder.glob("certificates*.csv")
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="", encoding="utf-8-sig") as file:
        return done.stdout, list(csv.DictReader(file))


def test_a_session_goes_by_attendance_and_every_person_of_it_is_in_the_list(
    sample_project: Project, tmp_path: Path
) -> None:
    said, rows = listed(sample_project, tmp_path, "--session", "sample:4101")
    with sample_project.open() as connection:
        # By seconds of the shipped settings, and people from the activities themselves.
        expected = dict(
            connection.execute(
                """
                select user_id,
                    max(case when proven_seconds >= 300 then 2 when possible_seconds >= 300 then 1 else 0 end)
                from (
                    select user_id, 0 as proven_seconds, 0 as possible_seconds from marts.fct_activities
                    where content_id = '4101' and (activity_type like 'credits_%'
                        or activity_type in ('session_attend_clicked', 'session_joined', 'session_left'))
                    union all
                    select user_id, proven_seconds, possible_seconds from marts.fct_session_attendance
                    where session_key = 'sample:4101'
                )
                where user_id is not null group by 1
                """
            ).fetchall()
        )
    entitled = {"no": 0, "undecidable": 1, "yes": 2}
    assert {row["user_id"]: entitled[row["entitled"]] for row in rows} == expected
    counts = Counter(row["entitled"] for row in rows)
    assert said.startswith(
        f"{counts['yes']} entitled, {counts['undecidable']} undecidable, {counts['no']} not entitled: "
    )
    assert min(counts.values()) > 0
    ada = next(row for row in rows if row["full_name"] == "Ada Okafor")
    assert ada["reason"] == "the log proves 74 min 26 s; your minimum is 5 min"
    assert {row["reason"] for row in rows if not float(row["possible_minutes"])} == {
        "the log has no Joined and no Left of the person in this session"
    }


def test_the_list_agrees_with_the_verdict_of_every_credit(sample_project: Project, tmp_path: Path) -> None:
    _, rows = listed(sample_project, tmp_path)
    by_person = {(row["user_id"], row["session_or_course"]): row["entitled"] for row in rows}
    with sample_project.open() as connection:
        verdicts = connection.execute(
            "select user_id, content_name, verdict from marts.fct_credit_evidence"
            " inner join marts.dim_content using (content_key) where verdict <> 'not_a_session'"
        ).fetchall()
    entitled = {"supported": "yes", "undecidable": "undecidable", "unsupported": "no"}
    assert len(verdicts) > 10
    assert {(user, name): entitled[verdict] for user, name, verdict in verdicts}.items() <= by_person.items()
    # The sample's reports have no record of a course's end.
    courses = [row for row in rows if row["kind"] == "course"]
    assert courses and {row["entitled"] for row in courses} == {"undecidable"}


def test_a_correction_decides_and_a_course_goes_by_the_record_of_its_end(
    sample_project: Project, tmp_path: Path
) -> None:
    decide = (
        "insert into restricted.corrected_attendance select user_key, 'sample:4101', site_id, user_id, true, false,"
        " 0, 0, 0, false, {seconds}, {attended}, '=sheet', 'Mo', null from marts.dim_users where user_id = '{user}'"
    )
    _, rows = listed(
        sample_project,
        tmp_path,
        published=(
            decide.format(user="5001", seconds="0", attended="false"),
            # Somebody who neither registered nor came.
            decide.format(user="5060", seconds="null", attended="true"),
            "update marts.fct_course_progress set is_finished = user_id = '5024', finished_at = if(user_id = '5024',"
            " timestamp '2026-05-14 10:00:00', null)",
        ),
    )
    keynote = {row["user_id"]: row for row in rows if row["key"] == "sample:4101"}
    assert (keynote["5001"]["entitled"], keynote["5060"]["entitled"]) == ("no", "yes")
    assert keynote["5001"]["reason"] == "a correction decides: =sheet (Mo)"
    assert (keynote["5001"]["corrected_minutes"], keynote["5060"]["corrected_minutes"]) == ("0.0", "")
    courses = {row["user_id"]: row for row in rows if row["kind"] == "course"}
    assert {user for user, row in courses.items() if row["entitled"] == "yes"} == {"5024"}
    assert courses["5024"]["finished_on"] == "2026-05-14"
    assert {row["entitled"] for row in courses.values()} == {"yes", "no"}


def test_a_credit_is_in_the_list_of_its_own_session(sample_project: Project, tmp_path: Path) -> None:
    """Of two sessions of a page, and of none: one from before the person entered any is in the list of the first."""
    credit = (
        "insert into marts.fct_credit_evidence select * replace ({session} as session_key, {credits} as earned_credits)"
        " from marts.fct_credit_evidence where session_key = 'sample:4101' and user_id = '5038'"
    )
    first = "session_key = 'sample:4101'"
    second = "select * replace ('sample:4101:2' as session_key)"
    _, rows = listed(
        sample_project,
        tmp_path,
        published=(
            f"insert into marts.fct_sessions {second} from marts.fct_sessions where {first}",
            f"insert into marts.fct_session_attendance {second} from marts.fct_session_attendance where {first}",
            f"update marts.fct_credit_evidence set earned_credits = 1 where {first} and user_id = '5038'",
            credit.format(session="'sample:4101:2'", credits=2),
            credit.format(session="null", credits=4),
        ),
    )
    found = {row["key"]: row["credits"] for row in rows if row["user_id"] == "5038" and "4101" in row["key"]}
    assert found == {"sample:4101": "5.00", "sample:4101:2": "2.00"}


def test_a_person_who_was_forgotten_is_not_in_the_list_of_an_old_copy(sample_project: Project, tmp_path: Path) -> None:
    written(sample_project, tmp_path, "--session", "no such", script="certificates.py")
    forget_only_in_raw(tmp_path / "activity.duckdb", "5041")
    done = run_on_copies(sample_project, tmp_path, script="certificates.py")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "certificates.csv").read_text(encoding="utf-8")
    assert "5001" in text and "5041" not in text and "Otto" not in text


@pytest.mark.parametrize(
    ("arguments", "published", "code", "said"),
    [
        (("--session", "a", "--course", "b"), (), 2, "make certificates: it takes SESSION or COURSE, and not both."),
        (("--course", "no such"), (), 1, "no course is called 'no such'. Fix: COURSE="),
        (("--session", "private"), (), 1, "2 sessions fit. Fix: SESSION=sample:name:"),
        ((), ("update main.about_this_copy set kind = 'shared'",), 1, "is a shared copy, and its pseudonyms"),
        (
            (),
            ("update marts.fct_session_attendance set is_attended = not is_attended",),
            1,
            "dbt_project.yml has other settings of attendance than those of the last build",
        ),
    ],
)
def test_what_is_not_possible_is_said_and_no_list_is_written(
    sample_project: Project,
    tmp_path: Path,
    arguments: tuple[str, ...],
    published: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    done = written(sample_project, tmp_path, *arguments, published=published, script="certificates.py")
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert list(tmp_path.glob("certificates*")) == []
