"""What the README shows is what a reader gets: its answers, its picture, its commands and its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import draw_attendance
from answer_questions import ANSWERS, README, answers_page, questions, readme_page
from conftest import ROOT, Project


def test_the_answers_in_the_readme_are_the_real_ones(sample_project: Project) -> None:
    with sample_project.open() as connection:
        assert readme_page(README.read_text(), connection) == README.read_text()


def test_the_answers_of_the_analyses_are_the_real_ones(sample_project: Project) -> None:
    with sample_project.open() as connection:
        assert answers_page(connection) == ANSWERS.read_text()


def test_the_readme_lists_every_question_once() -> None:
    listed = re.findall(r"^- \[(.*)\]\(analyses/(.*)\.sql\)$", README.read_text(), flags=re.MULTILINE)
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


@pytest.mark.parametrize("page", [path.relative_to(ROOT) for path in sorted(ROOT.glob("*.md"))], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        assert re.match(r"https?://", target) or (ROOT / page).parent.joinpath(target).exists(), target


def test_make_targets_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in ROOT.glob("*.md"):
        for target in re.findall(r"`make ([a-z-]+)", page.read_text()):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), f"make {target} in {page.name}"
