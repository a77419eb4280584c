"""Names that distinguish: two sessions, pages or booths of one name are shown with what sets them apart.

The page and its findings read the tables of this module, so a name is written the same way in both. ``make show``
lists the start of each session instead.
"""

from __future__ import annotations

import duckdb

# The start is a local time. What has the same name and start, or no start, is distinguished by its key.
LABELS = """
create or replace temp table {table} as
with named as (
    {named}
),

counted as (
    select
        key,
        name,
        strftime(timezone($zone, timezone('UTC', started_at)), '%-d %b %Y, %H:%M') as start_text,
        count(*) over (partition by name) as same_name_count
    from named
)

select
    key,
    case
        when same_name_count = 1 then name
        when start_text is null or count(*) over (partition by name, start_text) > 1
            then name || ' (' || concat_ws(', ', start_text, key) || ')'
        else name || ' (' || start_text || ')'
    end as label,
    same_name_count > 1 as has_namesake
from counted
"""
SESSIONS = "select session_key as key, session_name as name, started_at from marts.fct_sessions"
CONTENTS = """
    select
        content.content_key as key,
        coalesce(content.content_name, content.content_slug, content.content_id) as name,
        min(sessions.started_at) as started_at
    from marts.dim_content as content
    left join marts.fct_sessions as sessions on content.content_key = sessions.content_key
    group by 1, 2
"""
# By the column of a key: the table of its labels, the column of its name, and what has names.
NAMED = {
    "session_key": ("session_labels", "session_name", SESSIONS),
    "content_key": ("content_labels", "content_name", CONTENTS),
}

# An exhibitor with several booths: the page of each sets them apart.
BOOTHS = """
select booths.content_key, booths.exhibitor_name || ' (' || labels.label || ')'
from (select distinct content_key, exhibitor_name from marts.fct_exhibitor_leads) as booths
inner join content_labels as labels on booths.content_key = labels.key
qualify count(*) over (partition by booths.exhibitor_name) > 1
"""

# The column of a key, the column of its name, and the labels of those whose name another has too.
Labels = list[tuple[str, str, dict[str, str]]]


def make_labels(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make the temporary tables ``session_labels`` and ``content_labels``: a key and its label."""
    for table, _, named in NAMED.values():
        connection.execute(LABELS.format(table=table, named=named), {"zone": zone})


def read_labels(connection: duckdb.DuckDBPyConnection) -> Labels:
    """The labels of sessions, pages and booths that have the name of another."""
    labels = [
        (key, name, dict(connection.execute(f"select key, label from {table} where has_namesake").fetchall()))
        for key, (table, name, _) in NAMED.items()
    ]
    return [*labels, ("content_key", "exhibitor_name", dict(connection.execute(BOOTHS).fetchall()))]
