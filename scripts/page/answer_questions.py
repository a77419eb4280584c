"""Answer every question of ``analyses/`` on the sample, and the question of the README.

It writes ``analyses/README.md``, the answer in ``README.md`` and the list in ``docs/reference/questions.md``. The first
comment of each file is its question. ``make answers`` runs this; a test compares the pages with the real answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

import duckdb

from warehouse.paths import PROJECT_ROOT

README = PROJECT_ROOT / "README.md"
ANALYSES = PROJECT_ROOT / "analyses"
ANSWERS = ANALYSES / "README.md"
QUESTIONS = PROJECT_ROOT / "docs" / "reference" / "questions.md"

# The groups, by the first word of the file's name, and whom their questions are for.
GROUPS = {
    "attendance": "Who came, and for how long",
    "credits": "Credits and certificates",
    "courses": "Courses",
    "videos": "Videos",
    "feedback": "Polls, ratings and reviews",
    "interaction": "Chat, hands and reactions",
    "content": "Pages, resources and links",
    "exhibitors": "Booths and leads",
    "community": "Profiles, calls and the platform",
    "people": "People",
    "leaderboard": "Points and places",
    "quality": "Data quality",
}
HEAD = """# Questions, and their answers on the sample

Each question is one file of plain SQL, and needs no dbt.
[Questions](../docs/reference/questions.md) says how to ask one.
`make answers` writes this page. `tests/models/test_sample_story.py` calculates the answers without the warehouse.
"""
SQL_BLOCK = re.compile(r"(```sql\n([^`]*)```\n)\n(?:\|.*\n)+")
LIST = re.compile(r"(<!-- questions -->\n).*(<!-- end of questions -->)", flags=re.DOTALL)


@dataclass(frozen=True)
class Question:
    """A question, what stands with it, and the SQL that answers it."""

    name: str
    text: str
    notes: tuple[str, ...]
    sql: str

    @property
    def group(self) -> str:
        """The first word of the name."""
        return self.name.split("__")[0]


def questions() -> list[Question]:
    """Every question of ``analyses/`` in the order of the groups."""
    found = []
    for path in ANALYSES.glob("*.sql"):
        sql = path.read_text(encoding="utf-8")
        comments = re.findall(r"^-- (.*)$", sql, flags=re.MULTILINE)
        found.append(Question(path.stem, comments[0], tuple(comments[1:]), sql))
    groups = list(GROUPS)
    return sorted(found, key=lambda question: (groups.index(question.group), question.name))


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The answer of a query as a table in Markdown."""
    result = connection.execute(sql)
    rows = [[column[0] for column in result.description or []], *result.fetchall()]
    lines = ["| " + " | ".join("" if cell is None else _cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:], ""])


def _cell(cell: object) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")


def answers_page(connection: duckdb.DuckDBPyConnection) -> str:
    """The page of all questions with their answers."""
    parts = [HEAD]
    for group, members in groupby(questions(), key=lambda question: question.group):
        parts.append(f"## {GROUPS[group]}\n")
        for question in members:
            notes = "".join(f"{note}\n" for note in question.notes)
            parts.append(f"**{question.text}** [{question.name}.sql]({question.name}.sql).\n{notes}")
            parts.append(answer(connection, question.sql))
    return "\n".join(parts)


def readme_page(readme: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The README with the real answer below its query."""
    return SQL_BLOCK.sub(lambda found: f"{found[1]}\n{answer(connection, found[2])}", readme)


def questions_page(page: str) -> str:
    """The page of questions with the list of all of them."""
    lines = []
    for group, members in groupby(questions(), key=lambda question: question.group):
        lines.append(f"\n**{GROUPS[group]}**\n")
        lines.extend(f"- [{question.text}](../../analyses/{question.name}.sql)." for question in members)
    listed = "\n".join(lines).lstrip("\n")
    return LIST.sub(lambda found: f"{found[1]}{listed}\n\n{found[2]}", page)
