"""The unknown words for others to look at, free of what people typed and of who they are.

A category or action can hold a question, a name or a page's title. So a text leaves this machine only if all of its
words belong to the vocabulary of activities, or if enough people did it; a text of the event's own becomes ``*``.
A maintainer fills in the column ``activity_type``, and ``make name ACCEPT=…`` takes the file.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from naming.dictionary import Dictionary
from naming.unknown import Decision, Pattern
from reports.text import FORMULA_SIGNS

COLUMNS = ("category_pattern", "action_pattern", "activity_type", "label_shapes", "activities", "candidates")
# Vocabulary of ours: no person at the event wrote the texts of these columns.
VOCABULARY = {
    "activity_aliases.csv": ("category_pattern", "action_pattern"),
    "activity_words.csv": ("word", "stands_for"),
    "activity_types.csv": ("activity_type", "activity_name", "meaning"),
}
NAMES = """
select unnest(string_split(lower(concat_ws(' ', full_name, email, company)), ' '))
from restricted.user_details
"""
TITLES = "select lower(content_name) from marts.dim_content_names where content_name is not null"
FORMULA = re.compile(rf"\W*[{FORMULA_SIGNS}\t\r]")
WORD = re.compile(r"[^\W\d_]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, and apart what snake_case and camelCase join."""
    return [word.lower() for word in WORD.findall(CAMEL.sub(" ", text))]


def vocabulary(root: Path) -> set[str]:
    """The words that activities are called by."""
    known: set[str] = set()
    for name, columns in VOCABULARY.items():
        path = root / "seeds" / name
        if not path.exists():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                known.update(word for column in columns for word in words_of(row.get(column) or ""))
    return known


def names_of_people(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Every word of a name, an address or a company of the reports."""
    return {
        word for (text,) in connection.execute(NAMES).fetchall() if text for word in words_of(text) if len(word) > 1
    }


def titles(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The names of the pages."""
    return {title for (title,) in connection.execute(TITLES).fetchall()}


def may_leave(text: str, people: int, known: set[str], names: set[str], pages: set[str], minimum: int) -> bool:
    """Whether a category or an action is a word of the platform and no person's: it fails closed."""
    words = words_of(text)
    # A text without a word can be a number of a person, and one that begins so is a formula to a spreadsheet.
    if not words or FORMULA.match(text):
        return False
    if any(sign in text for sign in "@?") or "://" in text or text.strip().lower() in pages:
        return False
    if any(word in names and word not in known for word in words):
        return False
    if all(word in known for word in words):
        return True
    return people >= minimum and len(words) <= 4


def exported(
    decisions: Iterable[Decision],
    dictionary: Dictionary,
    *,
    known: set[str],
    names: set[str],
    pages: set[str],
    minimum: int,
) -> list[dict[str, str]]:
    """The rows to send; those with a text that may not leave are left out."""
    found = []
    for decision in decisions:
        pattern = _sent(decision, known)
        plain = [text.replace(r"\*", " ").replace("*", " ").strip() for text in (pattern.category, pattern.action)]
        if all(not text or may_leave(text, decision.people, known, names, pages, minimum) for text in plain):
            found.append((decision, pattern))
    # Texts of one form that may mean different things have one pattern, which one answer cannot name.
    forms = Counter(pattern for _, pattern in found)
    return [
        {
            "category_pattern": pattern.category,
            "action_pattern": pattern.action,
            "activity_type": "",
            "label_shapes": " | ".join(dict.fromkeys(map(shape, decision.labels))),
            "activities": str(decision.records),
            "candidates": " ".join(one.activity_type for one in decision.candidates if one.activity_type in dictionary),
        }
        for decision, pattern in found
        if decision.general is not None or forms[pattern] == 1
    ]


def _sent(decision: Decision, known: set[str]) -> Pattern:
    """The pattern to send: the form, but of a single decision each text of the vocabulary as it stands."""
    form, literal = decision.form, decision.literals[0]
    if decision.general is not None:
        return form
    texts = ((literal.category, form.category), (literal.action, form.action))
    return Pattern(*(text if all(word in known for word in words_of(text)) else wider for text, wider in texts))


def shape(label: str) -> str:
    """The form of a label without signs or lengths that could reveal a person."""
    if "xxxx://" in label or "xxxxx://" in label or "xxx." in label:
        return "url"
    if "@" in label:
        return "address"
    if re.fullmatch(r"[n.,]+ ?%", label):
        return "percent"
    if re.fullmatch(r"[+-]?[n.,]+", label):
        return "number"
    return "words" if " " in label.strip() else "word"


def write_words(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write the rows as a CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
