"""What the loader knows of labels before dbt runs (``twins.labels``) is what dbt decides after it."""

from __future__ import annotations

import csv
import itertools
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from compiled_models import SITE, Record, Report, chain_of
from conftest import Once
from naming.aliases import COLUMNS, GUIDE_ALIASES, SITE_ALIASES
from naming.dictionary import ACTIVITY_TYPES
from twins.labels import is_identity, rules_for
from warehouse.paths import PROJECT_ROOT

pytestmark = pytest.mark.slow

# One of each shape (macros/label_shape.sql), blank last.
LABELS = ("hello there", "some_slug", "12", "50 %", "4/5", "https://x.example/a", "")
# What stands for the * of a pattern.
FILLINGS = ("", "x", "Some words", " - 7")
# Rows of a site that take some labels alone and mean the opposite of the guide's for these, and two of which one wins.
OWN = (
    (SITE, "Chat", "Message", "blank", "content_liked", "90", ""),
    (SITE, "Like", "*", "present", "chat_message_sent", "90", ""),
    ("", "Review*", "*", "any", "chat_message_sent", "90", "number"),
    ("other", "Comment*", "*", "any", "content_liked", "99", ""),
    (SITE, "Track", "*", "any", "chat_message_sent", "80", ""),
    (SITE, "*", "Started", "any", "content_liked", "20", ""),
)
CHANGED = ("chat", "like", "review")


def words() -> list[tuple[str, str]]:
    """Categories and actions that the aliases take, and others that are like them."""
    with (PROJECT_ROOT / GUIDE_ALIASES).open(encoding="utf-8", newline="") as file:
        patterns = [(row["category_pattern"], row["action_pattern"]) for row in csv.DictReader(file)]
    taken = [
        (category.replace("*", text), action.replace("*", text)) for category, action in patterns for text in FILLINGS
    ]
    in_other_letters = [(category.upper(), f" {action.lower()} ") for category, action in taken]
    mixed = itertools.product(sorted({one for one, _ in taken})[::9], sorted({other for _, other in taken})[::9])
    hostile = [
        ("Track", "Started"),
        ("", ""),
        ("*", "*"),
        ("Chat", "Message deleted"),
        ("Session / Joined", ""),
        ("Chat\n", "Message\t"),
    ]
    return sorted({*taken, *in_other_letters, *mixed, *hostile})


@pytest.mark.parametrize("own", [(), OWN], ids=["as shipped", "rows of the site"])
def test_a_label_is_part_of_an_activity_for_the_loader_as_for_dbt(
    once: Once,
    run_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: tuple[tuple[str, ...], ...],
) -> None:
    header = (
        "site_id",
        "category_pattern",
        "action_pattern",
        "label_state",
        "activity_type",
        "priority",
        "label_shape",
    )
    assert {*COLUMNS} - {*header} == {"note"}
    for seed in (ACTIVITY_TYPES, GUIDE_ALIASES):
        (tmp_path / seed).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / seed).write_bytes((PROJECT_ROOT / seed).read_bytes())
    (tmp_path / SITE_ALIASES).parent.mkdir()
    (tmp_path / SITE_ALIASES).write_text("".join(f"{','.join(row)}\n" for row in (header, *own)))
    monkeypatch.setattr("twins.labels.PROJECT_ROOT", tmp_path)
    rules = rules_for(SITE)
    chain = chain_of(once, run_folder)
    chain.connection.execute("truncate staging.site_activity_aliases")
    chain.connection.execute(
        "insert into staging.site_activity_aliases by name from read_csv($path, header = true, all_varchar = true)",
        {"path": str(tmp_path / SITE_ALIASES)},
    )
    start = datetime(2026, 5, 4, 10)
    records = [
        Record("1", category, action, label, start + timedelta(seconds=number))
        for number, ((category, action), label) in enumerate(itertools.product(words(), LABELS))
    ]
    identities = dict(
        chain.connection.execute("select activity_type, is_label_identity from staging.activity_types").fetchall()
    )

    found = chain.meanings([Report("a", records)])

    assert len(found) > 1_000 and {shape for _, _, shape, *_ in found} == {
        *("text", "slug", "number", "percent", "stars", "url", "blank"),
    }
    answers = {(category, action): is_identity(rules, category, action) for category, action, *_ in found}
    assert {*answers.values()} == {True, False, None}
    for category, action, shape, activity_type, evidence in found:
        # Words that a * took may be doubted: then dbt takes none of them for an activity that it knows.
        if activity_type == "unrecognised":
            continue
        answer = answers[category, action]
        about = (category, action, shape, activity_type, answer)
        assert answer in (None, identities[activity_type]), about
        is_changed = bool(own) and category.strip().lower().startswith(CHANGED)
        assert answer is not None or evidence == "normalised" or is_changed, about
