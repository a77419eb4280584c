"""What the pages show is what a reader gets: answers, pictures and links. Their commands: test_documented_commands."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from conftest import ROOT, Project
from documented_commands import pages
from page import draw_attendance
from page.answer_questions import ANSWERS, QUESTIONS, README, answers_page, questions, questions_page, readme_page


def test_the_answers_in_the_readme_are_the_real_ones(sample_project: Project) -> None:
    with sample_project.open() as connection:
        assert readme_page(README.read_text(), connection) == README.read_text()


def test_the_answers_of_the_analyses_are_the_real_ones(sample_project: Project) -> None:
    with sample_project.open() as connection:
        assert answers_page(connection) == ANSWERS.read_text()


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 150


def test_the_page_of_questions_lists_every_question_once() -> None:
    assert questions_page(QUESTIONS.read_text()) == QUESTIONS.read_text()
    listed = re.findall(r"^- \[(.*)\]\(\.\./\.\./analyses/(.*)\.sql\)\.$", QUESTIONS.read_text(), flags=re.MULTILINE)
    assert sorted(listed) == sorted((question.text, question.name) for question in questions())
    assert len({text for text, _ in listed}) == len(listed) >= 40
    assert all(text.endswith("?") for text, _ in listed)


def test_there_is_a_question_for_every_mart() -> None:
    asked = " ".join(question.sql for question in questions())
    marts = {path.stem for path in (ROOT / "models" / "marts").rglob("*.sql")}
    unasked = marts - set(re.findall(r"(?:marts|restricted)\.(\w+)", asked))
    assert unasked == {"dim_activity_types", "dim_dates", "fct_contest_points", "meeting_names"}


def test_the_picture_is_drawn_from_the_sample(sample_project: Project) -> None:
    with sample_project.open() as connection:
        sessions = connection.execute(draw_attendance.SESSIONS).fetchall()
    assert draw_attendance.draw(sessions) == (ROOT / "docs" / "attendance.svg").read_text()


def test_links_lead_somewhere() -> None:
    nowhere = []
    for page in pages():
        # The links of the overview are those of the manual, at whose top its page is: test_docs.py looks at them.
        text = (ROOT / page).read_text() if page != Path("models/overview.md") else ""
        for target, heading in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", re.sub(r"`[^`]*`", "", text)):
            linked = (ROOT / page).parent.joinpath(target) if target else ROOT / page
            is_there = linked.exists() and (not heading or heading in headings(linked))
            if not is_there and not re.match(r"https?://", target):
                nowhere.append(f"{page}: {target}#{heading}")
    assert nowhere == []


def test_every_page_of_the_docs_is_in_their_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    listed = {(ROOT / "docs" / target).resolve() for target in re.findall(r"\]\(([^)#]+)", index)}
    decisions = set((ROOT / "docs" / "decisions").glob("0*.md"))
    written = {*(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*_rules.md")}
    assert written - listed - decisions == {ROOT / "docs" / "README.md"}


@cache
def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
