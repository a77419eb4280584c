"""How much of the reports was understood, and which results are missing or too low because of the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import duckdb

from warehouse.command_line import counted

# The families of activities behind each result. Points come from all that have a rule.
RESULTS = {
    "attendance": ("session_events",),
    "page views": ("content_views",),
    "clicks": ("content_clicks", "link_clicks"),
    "chat and comments": ("chat_messages", "comments", "community_posts", "direct_messages"),
    "polls and ratings": ("question_answers",),
    "questions to speakers": ("qa_events",),
    "reviews": ("reviews",),
    "likes and reactions": ("likes", "reactions"),
    "videos": ("video_events",),
    "courses": ("track_events", "completions"),
    "credits": ("credits",),
    "downloads": ("downloads",),
}
POINTS = "points and the leaderboard"

COUNTS = """
select
    coalesce(sum(landed_understood_count), 0)::bigint,
    coalesce(sum(landed_other_activity_count), 0)::bigint,
    coalesce(sum(landed_count), 0)::bigint
from marts.report_reconciliation
"""

# The understood records of each type, and those that might be more of it.
TYPES = """
select
    types.activity_family,
    bool_or(types.point_rule_key is not null) as earns_points,
    sum(types.activity_count)::bigint as understood_count,
    coalesce(sum(perhaps.activity_count), 0)::bigint as perhaps_count
from marts.dim_activity_types as types
left join (
    select candidate_1_activity_type as activity_type, sum(activity_count) as activity_count
    from marts.unrecognised_activities
    where candidate_1_score >= 0.35  -- below, it is hardly better than the next
    group by all
) as perhaps on types.activity_type = perhaps.activity_type
where types.activity_type not in ('unrecognised', 'other_activity')
group by types.activity_family, types.point_rule_key is not null
"""


@dataclass(frozen=True)
class Understood:
    """How much was understood.

    Attributes:
        understood: records whose type says what was done.
        other: records that the site declared as something else.
        landed: all records.
        missing: results without an understood record, while unknown words may be about them.
        too_low: results to which unknown words may add.
        minimum: the share below which totals say nothing.
    """

    understood: int
    other: int
    landed: int
    missing: tuple[str, ...]
    too_low: tuple[str, ...]
    minimum: float

    @property
    def is_enough(self) -> bool:
        """Whether totals and rankings say something. Where nothing was loaded, nothing is missing."""
        return self.understood >= self.minimum * self.landed

    @property
    def percent(self) -> int:
        """The share, rounded down: only all of it is 100 %."""
        return 100 * self.understood // self.landed if self.landed else 100

    @property
    def headline(self) -> str:
        """The share in a sentence."""
        if not self.landed:
            return "No record was loaded."
        return f"Understood {self.understood:,} of {counted(self.landed, 'record')} ({self.percent} %)."

    @property
    def consequences(self) -> str:
        """What is missing and what is too low; blank if nothing is."""
        parts = []
        if self.other:
            parts.append(f"{self.other:,} more {'is' if self.other == 1 else 'are'} named as something else.")
        unknown = self.landed - self.understood - self.other
        if unknown and (self.missing or self.too_low):
            parts.append(f"{counted(unknown, 'record is', 'records are')} not understood.")
        if self.missing:
            parts.append(f"Therefore missing: {', '.join(self.missing)}.")
        if self.too_low:
            parts.append(f"{'Too low' if self.missing else 'Therefore too low'}: {', '.join(self.too_low)}.")
        return " ".join(parts)

    @property
    def instead(self) -> str:
        """The text in place of totals and rankings while too little is understood; blank if enough is."""
        if self.is_enough:
            return ""
        return (
            f"Only {self.percent} % of the records are understood, so totals and rankings would mislead. They are shown"
            f" from {100 * self.minimum:.0f} % on (minimum_understood_ratio). Fix: {self.fix}"
        )

    @property
    def fix(self) -> str:
        """What raises the share, or shows the rest: naming more words, as long as there are enough without a name."""
        if self.landed - self.other >= self.minimum * self.landed:
            return "make name"
        # Rounded down, so that this share is enough.
        reached = math.floor(100 * (self.landed - self.other) / self.landed) / 100
        return (
            f"{counted(self.other, 'record is', 'records are')} named as something else. If that is right, set"
            f" minimum_understood_ratio in dbt_project.yml to {reached:g} or less. It is the share of the"
            " records that must be understood before totals and rankings are shown. Then make build. If it is not,"
            " change the rows with other_activity in"
            " seeds/site/site_activity_aliases.csv"
        )


def how_much_is_understood(connection: duckdb.DuckDBPyConnection, minimum: float) -> Understood:
    """What a published or a shared copy shows of it."""
    [(understood, other, landed)] = connection.execute(COUNTS).fetchall()
    found = connection.execute(TYPES).fetchall()
    results = {**RESULTS, POINTS: ()}
    missing: list[str] = []
    too_low: list[str] = []
    for result, families in results.items():
        rows = [row for row in found if (row[1] if result == POINTS else row[0] in families)]
        if sum(row[3] for row in rows):
            (too_low if sum(row[2] for row in rows) else missing).append(result)
    return Understood(understood, other, landed, tuple(missing), tuple(too_low), minimum)
