"""The evidence of attendance: its records are those of the files, and a forgotten person is never printed."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from changed_copies import forget_only_in_raw, run_on_copies, written
from conftest import ROOT, Project
from evidence.rules import COUNTED, LIMITS, as_html, attended_rule, section, settings_of_attendance, verdict_rule

REPORTS = ROOT / "sample" / "reports"
# Otto joined five sessions: stays that a Left ends, a rejoin, another session and the others.
OTTO = "5041"


class Rows(HTMLParser):
    """The cells of each table row of a page, with the lines of a cell."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.rows: list[list[list[str]]] = []
        self.is_in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Begin a row, a cell or a line."""
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append([""])
            self.is_in_cell = True
        elif tag == "br" and self.is_in_cell:
            self.rows[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        if tag in ("td", "th"):
            self.is_in_cell = False

    def handle_data(self, data: str) -> None:
        """Add to the cell."""
        if self.is_in_cell:
            self.rows[-1][-1][-1] += data


def page_of(folder: Path, done: CompletedProcess[str]) -> str:
    """The page that a command wrote."""
    assert done.returncode == 0, done.stdout + done.stderr
    [page] = folder.glob("evidence_*.html")
    assert page.stat().st_mode & 0o777 == 0o600
    assert str(page) in done.stdout
    return page.read_text(encoding="utf-8")


def record(file: str, number: int) -> dict[str, str]:
    """A record of a report, read from the file."""
    with (REPORTS / file).open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.reader(lines))
    return dict(zip(rows[0], rows[number], strict=False))


PLACE = re.compile(r"\((\S+\.csv), record ([\d,]+)\)")


def test_each_end_of_a_stay_is_the_record_of_the_file(sample_project: Project, tmp_path: Path) -> None:
    page = page_of(tmp_path, written(sample_project, tmp_path, "--user", OTTO))
    ends = [
        (cell[0], cell[1], PLACE.search(cell[1]), column)
        for row in Rows(page).rows
        if len(row) == 6 and row[0][0].isdigit()
        for column, cell in enumerate(row[1:5])
    ]
    named = [end for end in ends if end[2]]
    assert len(ends) == 4 * 11 and len(named) > 25
    for time, words, place, column in named:
        assert place is not None
        found = record(place[1], int(place[2].replace(",", "")))
        assert found["User ID"] == OTTO
        # The sample's reports are in UTC, as is the reporting zone of the tests.
        assert (found.get("Date") or found["Date/Time"]).endswith(time[-8:]), (words, found)
        expected = {
            "Left": "Left",
            "Joined": "Joined",
            "joined the room again": "Joined",
            "joined another session": "Joined",
        }
        action = next((value for name, value in expected.items() if words.startswith(name)), None)
        assert found["Action"] == action if action else column == 1
    # An end without a record is one that no record of the person makes.
    without = {words.strip() for _, words, place, _ in ends if place is None}
    assert without == {"nothing proves any time", "rule 4: others had left", "the window of the session closes"}
    # Every Joined of the person in a live session begins a stay of the page.
    with sample_project.open() as connection:
        [(joined,)] = connection.execute(
            "select count(distinct occurred_at) from marts.fct_activities where user_id = ?"
            " and activity_type = 'session_joined'",
            [OTTO],
        ).fetchall()
    assert joined == sum(column == 0 and words.startswith("Joined") for _, words, _, column in ends)


def test_the_minutes_of_a_page_are_those_of_sql(sample_project: Project, tmp_path: Path) -> None:
    page = page_of(tmp_path, written(sample_project, tmp_path, "--session", "keynote"))
    assert "<h1>Evidence of attendance: 43 people, Opening Keynote: The Tide Is In</h1>" in page
    shown = {
        row[1][0]: [re.sub("\\s(min|s)", "", cell[0]).replace("\xa0", ":") for cell in row[2:5]]
        for row in Rows(page).rows
        if len(row) == 6 and re.fullmatch(r"5\d{3}", row[1][0])
    }
    with sample_project.open() as connection:
        # The union of the stays by seconds, and not by what each adds.
        counted = dict(
            connection.execute(
                """
                with ends as (
                    unpivot (select user_id, started_at, proven_ended_at, likely_ended_at, possible_ended_at
                    from marts.fct_presence_intervals where session_key = 'sample:4101')
                    on proven_ended_at, likely_ended_at, possible_ended_at into name measure value ended_at
                ),
                seconds as (
                    select distinct user_id, measure, unnest(range(epoch(started_at)::bigint, epoch(ended_at)::bigint))
                    from ends where ended_at > started_at
                ),
                sums as (
                    select user_id, measure, count(*) as s from seconds group by all
                )
                select people.user_id, list(format('{}:{:02d}', coalesce(s, 0) // 60, coalesce(s, 0) % 60)
                    order by list_position(['proven_ended_at', 'likely_ended_at', 'possible_ended_at'], people.measure))
                from (select distinct user_id, measure from ends) as people left join sums using (user_id, measure)
                group by 1
                """
            ).fetchall()
        )
    assert len(shown) == 43
    assert shown == counted
    assert page.count('class="person"') == len(shown)


def test_credits_and_corrections_are_shown_with_verdict_and_reason_as_plain_text(
    sample_project: Project, tmp_path: Path
) -> None:
    # A person may type markup, or a sign that turns the text around.
    changes = [
        "update restricted.user_details set full_name = '<script>alert(1)</script>' where user_id = '5041'",
        "update restricted.user_details set company = 'a\u202eb{{people}}' where user_id = '5041'",
        "insert into restricted.corrected_attendance select user_key, session_key, site_id, user_id, true, true,"
        " proven_seconds, likely_seconds, possible_seconds, is_attended, 1800, true, '<b>sheet</b> 7', 'Mo', null"
        " from marts.fct_session_attendance where user_id = '5041' and session_name like 'Captions%'",
    ]
    page = page_of(tmp_path, written(sample_project, tmp_path, "--user", OTTO, published=changes))
    assert "<script" not in page and "<b>sheet" not in page and "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "a\\u202eb{{people}}" in page
    rows = [[cell[0] for cell in row] for row in Rows(page).rows]
    assert ["Captions, Please!", "yes", "30\xa0min\xa000\xa0s", "<b>sheet</b> 7", "Mo", "None", "yes"] in [
        [cell.replace("–", "None") for cell in row] for row in rows
    ]
    [credit] = [row for row in Rows(page).rows if len(row) == 5 and row[0][0] == "Captions, Please!"]
    assert credit[1] == ["0.50"]
    assert credit[4] == ["unsupported: not even the possible minutes are attendance"]
    place = PLACE.search(credit[2][1])
    assert place is not None
    found = record(place[1], int(place[2].replace(",", "")))
    assert (found["User ID"], found["Content Name"]) == (OTTO, "Captions, Please!")


def test_a_person_in_one_session_is_that_session_alone(sample_project: Project, tmp_path: Path) -> None:
    page = page_of(tmp_path, written(sample_project, tmp_path, "--user", OTTO, "--session", "sample:4101"))
    assert re.findall("<h4>(.*?)</h4>", page) == ["Stays in Opening Keynote: The Tide Is In, 2026-05-12"]
    assert "Captions, Please!" not in page
    assert "<h1>Evidence of attendance: Otto Rautenbach, Opening Keynote: The Tide Is In</h1>" in page
    # The session of 08:58:17 to 10:01:43 with a quarter of an hour on both sides.
    assert "Time counts from 08:43:17 to 10:16:43:" in page


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "By the log a person attended if the likely time is at least 5 min 00 s. *Yes, proven*"),
        (
            {"attendance_measure": "proven", "attendance_minimum_ratio": 0.75, "attendance_bound_included": False},
            "if the proven time is more than 5 min 00 s, and more than 0.75 times the length of the session. *Yes,",
        ),
    ],
)
def test_what_counts_as_attended_is_said_in_words(settings: dict[str, object], said: str) -> None:
    defaults: dict[str, object] = {
        "attendance_measure": "likely",
        "attendance_minimum_seconds": 300,
        "attendance_minimum_ratio": 0,
        "attendance_bound_included": True,
    }
    assert said in attended_rule(defaults | settings)


@pytest.mark.parametrize("written_id", ["5041.0", " 5041\u200b", "05041", "sample:5041", "OTTO.rautenbach@example.org"])
def test_a_person_is_found_by_each_form_of_the_id(sample_project: Project, tmp_path: Path, written_id: str) -> None:
    done = written(sample_project, tmp_path, "--user", written_id)
    assert "<h2>Otto Rautenbach</h2>" in page_of(tmp_path, done)


def test_an_id_that_is_merged_leads_to_the_person(sample_project: Project, tmp_path: Path) -> None:
    merged = ["insert into staging.same_user values ('sample', '5042', '5041', '')"]
    gone = ["delete from marts.dim_users where user_id = '5042'"]
    done = written(sample_project, tmp_path, "--user", "5042", warehouse=merged, published=gone)
    page = page_of(tmp_path, done)
    assert "<h2>Otto Rautenbach</h2>" in page and "<dt>Also known by the ids</dt><dd>5042</dd>" in page


def test_a_guest_is_said_to_have_no_id(sample_project: Project, tmp_path: Path) -> None:
    guest = ["update raw.users set user_id = null, email = 'guest@example.org' where user_id = '5060'"]
    done = written(sample_project, tmp_path, "--user", "guest@example.org", warehouse=guest)
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "guest@example.org is a guest: records name this e-mail and no user id" in said
    assert "Fix: make export TABLE=restricted.guests" in said and "make build" not in said


@pytest.mark.parametrize("wanted", [("--user", OTTO), ("--session", "sample:4101")])
def test_a_person_who_was_forgotten_is_not_printed_from_an_old_copy(
    sample_project: Project, tmp_path: Path, wanted: tuple[str, str]
) -> None:
    written(sample_project, tmp_path, "--session", "no such")
    forget_only_in_raw(tmp_path / "activity.duckdb", OTTO)
    done = run_on_copies(sample_project, tmp_path, *wanted)
    if wanted[0] == "--user":
        assert done.returncode == 1 and "was forgotten, so there is nothing to print" in done.stdout
        assert list(tmp_path.glob("evidence*")) == []
    else:
        page = page_of(tmp_path, done)
        assert "Otto" not in page and page.count('class="person"') == 42
        assert "1 person who was forgotten" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "published", "code", "said"),
    [
        ((), (), 2, "make evidence: it needs USER_ID or SESSION. Fix: make evidence USER_ID=7"),
        (("--user", "99"), (), 1, "there is no user 99 in any report"),
        (("--user", " "), (), 1, "there is no user without an id"),
        (("--session", "%"), (), 1, "no session is called '%'. Fix: "),
        (("--session", "private"), (), 1, "2 sessions fit. Fix: SESSION=sample:name:"),
        (("--user", "5060", "--session", "sample:4101"), (), 1, "the log has no Joined, no Left and no credit of"),
        (
            ("--user", OTTO),
            ("update main.about_this_copy set kind = 'shared'",),
            1,
            "is a shared copy, and its pseudonyms prove nothing. Nothing was written. Fix: ",
        ),
        (
            ("--user", OTTO),
            ("update marts.fct_session_attendance set is_attended = not is_attended where user_id = '5007'",),
            1,
            "dbt_project.yml has other settings of attendance than those of the last build. Nothing was written. Fix: ",
        ),
        (
            ("--user", OTTO),
            ("update marts.fct_sessions set window_closed_at = ended_at where content_id = '4101'",),
            1,
            "dbt_project.yml has other settings of attendance",
        ),
    ],
)
def test_what_is_not_possible_is_said_and_nothing_is_written(
    sample_project: Project,
    tmp_path: Path,
    arguments: tuple[str, ...],
    published: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    done = written(sample_project, tmp_path, *arguments, published=published)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("evidence*")) == []


def test_the_rule_is_that_of_the_rules_page() -> None:
    for heading in (*COUNTED, *LIMITS):
        assert "\n" in section(heading)
    assert "supported" in verdict_rule() and "undecidable" in verdict_rule() and "Concurrency" not in verdict_rule()
    html = as_html("a [link](x.md) and `code` <b>\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<p>a link and <code>code</code> &lt;b&gt;</p>" in html and "<td>1</td>" in html


def test_the_settings_in_use_are_shown_and_not_the_defaults() -> None:
    shown = {one.name: one.value for one in settings_of_attendance({"attendance_minimum_seconds": 7})}
    assert shown["attendance_minimum_seconds"] == 7
    assert shown["straggler_hours"] == "not set"
    assert len(shown) >= 15
