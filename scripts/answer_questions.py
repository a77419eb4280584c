"""Answer every question of ``analyses/`` on the sample: the command line of ``page.answer_questions``."""

from __future__ import annotations

from pathlib import Path

from page.answer_questions import ANSWERS, QUESTIONS, README, answers_page, questions, questions_page, readme_page
from warehouse.database import opened
from warehouse.paths import published_path
from warehouse.visible import SafeConsole


def main() -> None:
    """Write the three pages again from the published copy, which must be the sample's."""
    path: Path = published_path()
    with opened(path) as connection:
        ANSWERS.write_text(answers_page(connection), encoding="utf-8")
        README.write_text(readme_page(README.read_text(encoding="utf-8"), connection), encoding="utf-8")
    QUESTIONS.write_text(questions_page(QUESTIONS.read_text(encoding="utf-8")), encoding="utf-8")
    SafeConsole().print(f"{len(questions())} questions are answered in {ANSWERS}")


if __name__ == "__main__":
    main()
