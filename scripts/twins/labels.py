"""Which labels are what people did, and which are names that may be edited, as far as the aliases say it.

dbt decides it for each event after the load (``base_juno__events``). The twin check asks it before, of the few records
that differ in their texts alone. It stays open for words that no alias has as they are written, and where it depends on
the label. Words that a ``*`` took may be doubted by dbt, which then keeps them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import duckdb

from naming.aliases import DEFAULTS, rows_for
from naming.dictionary import read_dictionary
from naming.unknown import Pattern
from warehouse.paths import PROJECT_ROOT

LABEL_STATES = {
    "any": frozenset({"blank", "present"}),
    "blank": frozenset({"blank"}),
    "present": frozenset({"present"}),
}


@dataclass(frozen=True)
class Rule:
    """What an alias says of labels.

    Attributes:
        pattern: the words that it takes.
        rank: a site's own come first, then those of high priority.
        states: the labels that it takes: blank ones, others, or both.
        asks_for_shape: whether it only takes labels of one shape.
        is_identity: whether the label is part of what makes such an activity.
    """

    pattern: Pattern
    rank: tuple[bool, int]
    states: frozenset[str]
    asks_for_shape: bool
    is_identity: bool


def note_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Write to ``twin_words`` what the label is for each category and action in ``twin_pairs`` whose texts differ.

    ``is_label_identity`` is null where it is open.
    """
    words = connection.execute(
        "select distinct category, action from twin_pairs where list_contains(things, 'text')"
    ).fetchall()
    [(site_id,)] = connection.execute("select getvariable('twin_site')").fetchall()
    rules = rules_for(site_id)
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
            "identities": [is_identity(rules, category or "", action or "") for category, action in words],
        },
    )


def is_identity(rules: list[Rule], category: str, action: str) -> bool | None:
    """Whether the label of these words is part of the activity; None if it is open."""
    found = sorted((rule for rule in rules if rule.pattern.takes(category, action)), key=_rank, reverse=True)
    meant: set[bool] = set()
    left = LABEL_STATES["any"]
    for _, equals in groupby(found, key=_rank):
        best = [rule for rule in equals if rule.states & left]
        meant.update(rule.is_identity for rule in best)
        left = left.difference(*(rule.states for rule in best if not rule.asks_for_shape))
    return meant.pop() if len(meant) == 1 and not left else None


def _rank(rule: Rule) -> tuple[bool, int]:
    return rule.rank


def rules_for(site_id: str) -> list[Rule]:
    """What the aliases that hold for a site say of labels."""
    types = read_dictionary(PROJECT_ROOT)
    return [
        Rule(
            Pattern(row.get("category_pattern", ""), row.get("action_pattern", "")),
            (is_own, int(priority)),
            LABEL_STATES[row.get("label_state") or DEFAULTS["label_state"]],
            bool(row.get("label_shape")),
            types[row["activity_type"]].is_label_identity,
        )
        for is_own, row in rows_for(PROJECT_ROOT, site_id)
        if (priority := row.get("priority") or DEFAULTS["priority"]).isdigit()
        and row.get("activity_type") in types
        and (row.get("label_state") or DEFAULTS["label_state"]) in LABEL_STATES
    ]
