"""Which labels are what people did, and which are names that may be edited, as far as the aliases say it.

dbt decides it for each event after the load (``base_juno__events``). The twin check asks it before, of the few records
that differ in their texts alone. It stays open for words that no alias has as they are written.
"""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path

import duckdb

from naming.aliases import DEFAULTS, SITE_ALIASES
from naming.dictionary import ACTIVITY_TYPES
from naming.seed_csv import SeedError, read_seed_csv
from naming.unknown import Pattern
from warehouse.paths import PROJECT_ROOT

GUIDE_ALIASES = ACTIVITY_TYPES.with_name("activity_aliases.csv")
# A pattern, its rank (a site's own come first), and whether the label is part of what makes such an activity.
Alias = tuple[Pattern, tuple[bool, int], bool]


def note_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Write to ``twin_words`` what the label is for each category and action in ``twin_pairs`` whose texts differ.

    ``is_label_identity`` is null where it is open.
    """
    words = connection.execute(
        "select distinct category, action from twin_pairs where list_contains(things, 'text')"
    ).fetchall()
    [(site_id,)] = connection.execute("select getvariable('twin_site')").fetchall()
    aliases = _aliases(site_id)
    connection.execute(
        """
        create or replace temp table twin_words as
        select
            unnest($categories::varchar[]) as category,
            unnest($actions::varchar[]) as action,
            unnest($identities::boolean[]) as is_label_identity
        """,
        {
            "categories": [category for category, _ in words],
            "actions": [action for _, action in words],
            "identities": [_is_identity(aliases, category or "", action or "") for category, action in words],
        },
    )


def _is_identity(aliases: list[Alias], category: str, action: str) -> bool | None:
    """Whether the label of these words is part of the activity; None if no alias takes them, or the best disagree."""
    found = [(rank, is_identity) for pattern, rank, is_identity in aliases if pattern.takes(category, action)]
    best = max((rank for rank, _ in found), default=None)
    meant = {is_identity for rank, is_identity in found if rank == best}
    return meant.pop() if len(meant) == 1 else None


def _aliases(site_id: str) -> list[Alias]:
    """The aliases that hold for a site. If the user's file cannot be read, the build says so after the load."""
    identities = {
        row["activity_type"]: row["is_label_identity"] == "true" for row in _rows(PROJECT_ROOT / ACTIVITY_TYPES)
    }
    rows = [(False, row) for row in _rows(PROJECT_ROOT / GUIDE_ALIASES)]
    with suppress(SeedError):
        seed = read_seed_csv(PROJECT_ROOT / SITE_ALIASES)
        own = (seed.values(line) for line in seed.lines)
        rows += [(True, row) for row in own if row.get("site_id", "") in ("", site_id)]
    return [
        (
            Pattern(row.get("category_pattern", ""), row.get("action_pattern", "")),
            (is_own, int(priority)),
            identities[row["activity_type"]],
        )
        for is_own, row in rows
        if (priority := row.get("priority") or DEFAULTS["priority"]).isdigit()
        and row.get("activity_type") in identities
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
