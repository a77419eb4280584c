"""The activity types that a word can mean, and how a person finds the right one among them."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ACTIVITY_TYPES = Path("seeds") / "activity_types.csv"
# The two that are ours: what a site keeps as something else, and what no alias knows.
OTHER, UNRECOGNISED = "other_activity", "unrecognised"
JOINED, ATTEND_CLICKED = "session_joined", "session_attend_clicked"


@dataclass(frozen=True)
class ActivityType:
    """An activity type of the dictionary."""

    activity_type: str
    family: str
    name: str
    meaning: str
    evidence: str
    point_rule: str
    is_presence_evidence: bool
    is_label_identity: bool

    @property
    def counts_for_attendance(self) -> bool:
        """Whether attendance is calculated from it."""
        return self.family == "session_events"

    @property
    def earns_points(self) -> bool:
        """Whether it earns points by default."""
        return bool(self.point_rule)


Dictionary = dict[str, ActivityType]


def read_dictionary(root: Path) -> Dictionary:
    """The activity types by name, without the one for what is not recognised."""
    with (root / ACTIVITY_TYPES).open(encoding="utf-8", newline="") as file:
        types = [
            ActivityType(
                activity_type=row["activity_type"],
                family=row["activity_family"],
                name=row["activity_name"],
                meaning=row["meaning"],
                evidence=row["evidence"],
                point_rule=row["point_rule_key"],
                is_presence_evidence=row["is_presence_evidence"] == "true",
                is_label_identity=row["is_label_identity"] == "true",
            )
            for row in csv.DictReader(file)
        ]
    return {found.activity_type: found for found in types if found.activity_type != UNRECOGNISED}


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The known value that somebody who wrote another one most likely meant."""
    by_form = {_plain(value): value for value in known}
    found = difflib.get_close_matches(_plain(written), by_form, 1)
    return by_form[found[0]] if found else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def search(dictionary: Dictionary, text: str) -> list[ActivityType]:
    """The activity types that hold all words of a search, or else most of them; those with a word in the name first."""
    words = _plain(text).split()
    ranked: list[tuple[int, int, str]] = []
    for found in dictionary.values():
        name = _plain(f"{found.activity_type} {found.name}")
        everything = f"{name} {_plain(found.family)} {_plain(found.meaning)}"
        hits = sum(_stem(word) in everything for word in words)
        if hits:
            ranked.append((-hits, -sum(_stem(word) in name for word in words), found.activity_type))
    ranked.sort()
    best = ranked[0][0] if ranked else 0
    return [dictionary[name] for hits, _, name in ranked if hits == best]


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
