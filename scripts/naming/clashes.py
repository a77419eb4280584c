"""The user's aliases that take the same words and mean different types: dbt finds them only with the reports."""

from __future__ import annotations

from pathlib import Path

import duckdb

from naming.aliases import DEFAULTS, SITE_ALIASES
from naming.seed_csv import read_seed_csv
from naming.unknown import Pattern

TEST = "no_two_aliases_of_equal_priority_disagree"
CLASHING = """
select distinct site_id, category, action
from staging.base_juno__activity_patterns
where best_type_count > 1
order by all
"""


def clashing_aliases(connection: duckdb.DuckDBPyConnection, root: Path) -> list[str]:
    """A sentence for each words that two lines of the user's file name differently."""
    seed = read_seed_csv(root / SITE_ALIASES)
    rows = [(line.number, seed.values(line)) for line in seed.lines]
    said = []
    for site, category, action in connection.execute(CLASHING).fetchall():
        found = [
            (number, row, int(row.get("priority") or DEFAULTS["priority"]))
            for number, row in rows
            if row.get("activity_type")
            and row.get("site_id", "") in ("", site)
            and Pattern(row["category_pattern"], row.get("action_pattern", "")).takes(category or "", action or "")
        ]
        best = [(number, row["activity_type"]) for number, row, one in found if one == max(p for *_, p in found)]
        if len({kind for _, kind in best}) > 1:
            lines = ", ".join(f"line {number} ({kind})" for number, kind in best)
            said.append(
                f"{SITE_ALIASES.name}: {lines} name `{Pattern(category or '', action or '').text}` differently."
                " Fix: give the one that is right a higher priority, or delete the other."
            )
    return list(dict.fromkeys(said))
