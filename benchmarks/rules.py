"""What both contenders need and no dataframe library helps with: seeds, settings, aliases, keys, the order of files.

All of it is of the size of the seeds or of the distinct values, never of the records.

Both follow the rules of the models: identity across downloads, sessions and stays, the three measures of
attendance, the engagement score and the standings.

Left out is what only reads seeds that hold nothing for the site (schedule, exhibitors, staff, tags and teams, point
rules and multipliers of the site, resets, corrections of attendance). So are the unique users report, records that
cannot be read, clocks of whole minutes, and words in another form but for those that the generator writes. These
settings are at their defaults: attendance_minimum_ratio, attendance_bound_included, left_delay_minutes and
reporting_time_zone. Activities within one second are not ordered by their key: it matters only where a session of a
page begins in the second of a Left. Only what was joined or left has a session: none of the three marts counts Attends.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import yaml

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SITE = "main"
SETTINGS = yaml.safe_load((PROJECT_ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]

# The columns of a report that the three marts look at, and what they are called here.
COLUMNS = {
    "User ID": "user_id",
    "First": "first_name",
    "Last": "last_name",
    "Category": "category",
    "Action": "action",
    "Label": "label",
    "Date": "occurred_at",
    "Content ID": "content_id",
    "Content Name": "content_name",
}
DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
BLANKS = " \t\r\n"
# As in macros/breakout_pattern.sql: the first group is the parent's name, the second the id.
BREAKOUT = r"(?is)^breakout from +([^ ].*?) +\[?#\[?([0-9a-z]+)\]?$"

# Shares as fractions, so that no result depends on how a float rounds.
WINDOW_QUANTILE = Fraction(str(SETTINGS["session_window_quantile"]))
CORE_QUANTILE = Fraction(str(SETTINGS["session_core_quantile"]))
REMAINDER = Fraction(str(SETTINGS["open_stay_remainder_ratio"]))
LEAVERS = Fraction(str(SETTINGS["open_stay_leavers_ratio"]))
PASSER_BY = Fraction(str(SETTINGS["open_stay_passer_by_ratio"]))

# The marts that are made, and the columns of each.
MARTS = {
    "fct_session_attendance": [
        *("user_key", "session_key", "first_joined_at", "last_left_at", "joined_count", "left_count", "stay_count"),
        *("proven_seconds", "likely_seconds", "possible_seconds", "is_attended"),
    ],
    "fct_user_engagement": [
        *("user_key", "active_day_count", "activity_count", "activity_family_count", "content_count"),
        *("live_session_count", "attended_session_count", "likely_seconds", "on_demand_content_count"),
        "engagement_score",
    ],
    "fct_leaderboard": ["contest_id", "user_key", "rank", "points", "award_count"],
}

# The project understands these by the words of the activity's name.
IN_ANOTHER_FORM: dict[tuple[str | None, str | None], str] = {("Reaction", "Emoji"): "emoji_reaction_sent"}

ON_DEMAND_TYPES = ["content_viewed", "video_watched", "video_progressed"]
ACT_PARTS = ["conversation", "feedback", "reaction", "browsing", "learning", "networking"]


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed, by its path below seeds/ without the ending."""
    with (PROJECT_ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def activity_types() -> list[dict[str, str | bool | None]]:
    """What the marts need of each activity type: family, engagement part, point rule and two flags."""
    parts = {row["activity_type"]: row["engagement_part"] for row in seed("engagement_parts")}
    return [
        {
            "activity_type": row["activity_type"],
            "activity_family": row["activity_family"],
            "engagement_part": parts.get(row["activity_type"]),
            "point_rule_key": row["point_rule_key"] or None,
            "is_label_identity": row["is_label_identity"] == "true",
            "is_presence_evidence": row["is_presence_evidence"] == "true",
        }
        for row in seed("activity_types")
    ]


def point_rules() -> list[dict[str, str | int]]:
    """The key, points and scope of each point rule."""
    return [
        {"point_rule_key": row["point_rule_key"], "once_per": row["once_per"], "rule_points": int(row["points"])}
        for row in seed("point_rules")
    ]


def contests() -> list[tuple[str, datetime | None, datetime | None]]:
    """The id, start and end of each contest of this site or of every site."""

    def moment(text: str) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    return [
        (row["contest_id"], moment(row["starts_at"]), moment(row["ends_at"]))
        for row in seed("site/contests")
        if row["site_id"] in ("", SITE)
    ]


def engagement_weights() -> dict[str, tuple[float, float]]:
    """For each part of the engagement score the most that it adds to it, and the count that is worth so much."""
    rows = {
        row["engagement_part"]: (float(row["weight"]), float(row["full_amount"]))
        for row in seed("site/engagement_weights")
    }
    total = max(1.0, sum(weight for weight, _ in rows.values()))
    return {part: (100 * weight / total, full_amount) for part, (weight, full_amount) in rows.items()}


def match_types(pairs: Iterable[tuple[str | None, str | None, bool]]) -> list[str]:
    """The activity type of each category, action and whether there is a label.

    A site's own alias comes before those of the guide, then the higher priority; of equals the first by name. Where no
    alias matches, the words that the generator writes in another form are looked up.
    """
    aliases = [(1, row) for row in seed("site/site_activity_aliases") if row["site_id"] == SITE]
    aliases += [(2, row) for row in seed("activity_aliases")]
    patterns = sorted(
        (
            precedence,
            -int(row["priority"]),
            row["activity_type"],
            row["label_state"],
            _wildcard(row["category_pattern"]),
            _wildcard(row["action_pattern"]),
        )
        for precedence, row in aliases
    )
    return [
        next(
            (
                activity_type
                for _, _, activity_type, label_state, category_pattern, action_pattern in patterns
                if label_state in ("any", "present" if has_label else "blank")
                and re.fullmatch(category_pattern, (category or "").lower())
                and re.fullmatch(action_pattern, (action or "").lower())
            ),
            IN_ANOTHER_FORM.get((category, action), "unrecognised"),
        )
        for category, action, has_label in pairs
    ]


def _wildcard(pattern: str) -> str:
    return "(?s)" + ".*".join(map(re.escape, pattern.strip(BLANKS).lower().split("*")))


def hash_key(*values: str | None) -> int:
    """The 63-bit key of macros/engine.sql."""
    text = "\x1f".join("\x1e" if value is None else value for value in values)
    return int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little") >> 1


def places_off_page(
    meetings: Iterable[tuple[str, str | None]], names: Iterable[tuple[str, str | None, str | None]], salt: str
) -> list[str]:
    """The place of each user's meeting: that of two people who see each other's names in it, else that of its name.

    Args:
        meetings: ids of users and names of meetings off any page.
        names: ids, first and last names of these users.
        salt: that of the warehouse to compare with.
    """
    by_last_word = defaultdict(set)
    for user_id, first_name, last_name in names:
        if _words(full_name := _folded(f"{first_name or ''} {last_name or ''}")):
            by_last_word[_words(full_name)[-1]].add((user_id, full_name))
    named = {
        (user_id, name): {
            other
            for word in _words(_folded(name or ""))
            for other, full_name in by_last_word[word]
            if other != user_id and full_name in _folded(name or "")
        }
        for user_id, name in meetings
    }
    seen = {(user_id, other) for (user_id, _), others in named.items() for other in others}
    places = []
    for (user_id, name), others in named.items():
        pairs = [sorted((user_id, other)) for other in others if (other, user_id) in seen]
        key = hash_key(salt, "pair", *map(min, zip(*pairs, strict=True))) if pairs else hash_key(salt, name)
        places.append(f"{SITE}:name:{key}")
    return places


def _words(text: str) -> list[str]:
    return re.findall(r"[^ ,;:.()/|–—]+", text)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def in_download_order(reports: dict[Path, tuple[datetime, int]]) -> list[Path]:
    """The files from the oldest to the newest, by their last time and number of records.

    Their bytes decide between equals, and only then are they hashed.
    """
    equals = Counter(reports.values())

    def order(path: Path) -> tuple[datetime, int, str]:
        is_tied = equals[reports[path]] > 1
        return (*reports[path], hashlib.sha256(path.read_bytes()).hexdigest() if is_tied else "")

    return sorted(reports, key=order)
