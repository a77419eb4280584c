"""Reports written from lists of words: each category and action several times, by several people on several pages."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from loader_fixtures import HEADER

Words = Mapping[str, str]

FOLDER = Path(__file__).resolve().parent / "fixtures" / "words"
PEOPLE = ("Kim North", "Ada Okafor", "Bo Lindqvist", "Mia Santos", "Lee Park", "Noor Haddad")
PAGES = (
    "Opening Keynote",
    "Closing Circle",
    "Grief and Growth",
    "ACME Corp",
    "Foundations of Advising",
    "Small Budgets",
)
TITLES = ("Handout A", "Slides: Small Budgets", "Foundations of Advising", "Lesson 2: Listening")
OF_ONESELF = ("details_updated", "account_created")
START = datetime(2026, 5, 12, 9)


def read_words(name: str) -> list[dict[str, str]]:
    """The rows of one of the lists."""
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def similar_label(words: Words, number: int) -> str:
    """The label as it is given, and then others that show the same."""
    label, shape = words["label"], words.get("label_shape", "")
    if not label or (number == 0 and shape != "person"):
        return label
    page = PAGES[number % len(PAGES)]
    others = {
        "content": page if label in PAGES else label,
        "title": TITLES[number % len(TITLES)],
        "slug": page.lower().replace(" ", "_"),
        "url": f"{label}/{number}",
        "text": f"{label} ({number})",
        "person": PEOPLE[(number + (words.get("truth") not in OF_ONESELF)) % len(PEOPLE)],
    }
    return others.get(shape, label)


def records(words: Words, first: int) -> Iterable[Sequence[object]]:
    """Six records of one category and action, a minute apart."""
    on_page = words["on_content"] == "1"
    for number, person in enumerate(PEOPLE):
        label = similar_label(words, number)
        name = label if label in PAGES else PAGES[number % len(PAGES)]
        page = (100 + PAGES.index(name), name, name.lower().replace(" ", "_")) if on_page else ("", "", "")
        given, family = person.split()
        who = (number + 1, given, family, "Ash College", f"{given.lower()}@example.org")
        moment = START + timedelta(minutes=first + number)
        yield (*who, words["category"], words["action"], label, moment, *page)


def write_report(path: Path, lists: Iterable[Words]) -> None:
    """A report with all of these words."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number, words in enumerate(lists):
            writer.writerows(records(words, number * 7))
