"""Names that distinguish: two sessions or pages of one name are shown with what sets them apart.

The page, its findings and ``make show`` read the tables of this module, so a name is written the same way in all.
"""

from __future__ import annotations

import duckdb

# The start is a local time. What has the same name and start, or no start, is distinguished by its key.
LABELS = """
create or replace temp table session_labels as
with named as (
    select
        session_key,
        session_name,
        count(*) over (partition by session_name) as same_name_count,
        strftime(timezone($zone, timezone('UTC', started_at)), '%-d %b %Y, %H:%M') as start_text
    from marts.fct_sessions
)

select
    session_key as key,
    case
        when same_name_count = 1 then session_name
        when start_text is null or count(*) over (partition by session_name, start_text) > 1
            then session_name || ' (' || concat_ws(', ', start_text, session_key) || ')'
        else session_name || ' (' || start_text || ')'
    end as label,
    same_name_count > 1 as has_namesake
from named
"""
CONTENT_LABELS = """
create or replace temp table content_labels as
with starts as (
    select
        content_key,
        strftime(timezone($zone, timezone('UTC', min(started_at))), '%-d %b %Y, %H:%M') as start_text
    from marts.fct_sessions
    group by content_key
),

named as (
    select
        content.content_key,
        coalesce(content.content_name, content.content_slug, content.content_id) as name,
        starts.start_text,
        count(*) over (
            partition by coalesce(content.content_name, content.content_slug, content.content_id)
        ) as same_name_count
    from marts.dim_content as content
    left join starts on content.content_key = starts.content_key
)

select
    content_key as key,
    case
        when same_name_count = 1 then name
        when start_text is null or count(*) over (partition by name, start_text) > 1
            then name || ' (' || concat_ws(', ', start_text, content_key) || ')'
        else name || ' (' || start_text || ')'
    end as label,
    same_name_count > 1 as has_namesake
from named
"""
# The columns of a query that name what a key leads to.
NAMED = {"session_key": ("session_labels", "session_name"), "content_key": ("content_labels", "content_name")}

Labels = dict[str, tuple[str, dict[str, str]]]


def make_labels(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make the temporary tables ``session_labels`` and ``content_labels``: a key and its label."""
    for statement in (LABELS, CONTENT_LABELS):
        connection.execute(statement, {"zone": zone})


def read_labels(connection: duckdb.DuckDBPyConnection) -> Labels:
    """By the column of a key: the column of its name, and the labels of those whose name another has too."""
    return {
        key: (
            name,
            dict(connection.execute(f"select key, label from {table} where has_namesake").fetchall()),
        )
        for key, (table, name) in NAMED.items()
    }
