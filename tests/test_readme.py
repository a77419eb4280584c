"""What the README shows is what a reader gets: its answers, its picture, its commands and its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import draw_attendance
from conftest import ROOT, Project

README = (ROOT / "README.md").read_text()
QUERIES = re.findall(r"```sql\n([^`]*)```\n(?:\n((?:\|.*\n)+))?", README)


def answer(project: Project, sql: str) -> str:
    """The answer of a query as a table in Markdown."""
    with project.open() as connection:
        result = connection.execute(sql)
        rows = [[column[0] for column in result.description or []], *result.fetchall()]
    lines = ["| " + " | ".join("" if cell is None else str(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:], ""])


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_an_answer_is_the_real_one(sample_project: Project, number: int) -> None:
    sql, shown = QUERIES[number]
    assert answer(sample_project, sql) == shown


def test_there_is_a_query_for_every_mart_of_facts() -> None:
    asked = " ".join(sql for sql, _ in QUERIES)
    marts = {path.stem for path in (ROOT / "models" / "marts").rglob("*.sql")}
    assert marts - set(re.findall(r"marts\.(\w+)", asked)) == {"dim_activity_types", "dim_dates", "fct_user_days"}


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
