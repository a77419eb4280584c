"""How sure numbers of people are: who was there at once by each measure, and attendance in words.

The page and ``make show`` read what this module makes, so both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

# A person counts from the moment of joining to that of leaving. A minute has the largest number of its moments, its
# first among them.
AT_ONCE = """
create or replace temp table fullest_minutes as
with chosen as (
    {sessions}
),

minutes as (
    select concurrency.session_key, concurrency.minute_at, concurrency.peak_people_count
    from marts.fct_session_concurrency as concurrency
    inner join chosen on concurrency.session_key = chosen.session_key
),

changes as (
    select session_key, minute_at as changed_at, 0 as proven_change, 0 as possible_change from minutes
    {changes}
),

moments as (
    select
        session_key,
        changed_at,
        sum(proven_change) as proven_change,
        sum(possible_change) as possible_change
    from changes
    group by all
),

counted as (
    select
        session_key,
        date_trunc('minute', changed_at) as minute_at,
        sum(proven_change) over earlier as proven_count,
        sum(possible_change) over earlier as possible_count
    from moments
    window earlier as (partition by session_key order by changed_at)
),

fullest as (
    select
        session_key,
        minute_at,
        max(proven_count)::bigint as proven_count,
        max(possible_count)::bigint as possible_count
    from counted
    group by all
)

select * from fullest;

create or replace temp table people_at_once as
select
    minutes.session_key,
    minutes.minute_at,
    minutes.peak_people_count,
    -- What a shared copy leaves blank stays blank.
    case when minutes.peak_people_count is not null then fullest.proven_count end as proven_people_count,
    case when minutes.peak_people_count is not null then fullest.possible_count end as possible_people_count
from marts.fct_session_concurrency as minutes
inner join fullest_minutes as fullest
    on minutes.session_key = fullest.session_key and minutes.minute_at = fullest.minute_at;

-- The most of a session at any minute, by each measure: the minutes of the three may differ.
create or replace temp table most_at_once as
select
    fullest.session_key,
    max(minutes.peak_people_count) as peak_people_count,
    case when max(minutes.peak_people_count) is not null then max(fullest.proven_count) end as proven_people_count,
    case when max(minutes.peak_people_count) is not null then max(fullest.possible_count) end as possible_people_count
from fullest_minutes as fullest
left join people_at_once as minutes
    on fullest.session_key = minutes.session_key and fullest.minute_at = minutes.minute_at
group by fullest.session_key
"""
CHANGE = """
    union all
    select intervals.session_key, intervals.{moment}, {proven}, {possible}
    from marts.fct_presence_intervals as intervals
    inner join chosen on intervals.session_key = chosen.session_key
    where intervals.{measure}_added_seconds > 0
"""
FULLEST = """
    select session_key
    from marts.fct_sessions
    order by unique_people_count desc nulls last, session_key asc
    limit 60
"""

# As the page writes a number of people that depends on estimated minutes: from what is proven to what is possible.
IN_WORDS = """
create or replace temp macro with_range(people, proven, possible) as case
    when proven is null then people::varchar
    when proven < possible then format('{{:,}} ({{:,}} to {{:,}})', people, proven, possible)
    when people > 0 then format('{{:,}} (all proven)', people)
    else people::varchar
end;
create or replace temp macro attended_in_words(is_attended, is_proven, is_possible, is_corrected, corrected) as case
    when is_corrected then case when corrected then 'yes' else 'no' end || ', by a correction'
    when is_proven then 'yes, proven'
    when is_attended then 'yes, {measure}'
    when is_possible then 'no, but possible'
    else 'no'
end
"""


def make_people_at_once(connection: duckdb.DuckDBPyConnection, sessions: str = FULLEST) -> None:
    """Make the temporary tables ``people_at_once``, by minute and measure, and ``most_at_once``, by session.

    Args:
        connection: the copy.
        sessions: a query of the keys of sessions.
    """
    changes = ""
    for measure in ("proven", "possible"):
        ended = f"{measure}_ended_at"
        for moment, one in ((f"{ended} - to_seconds(intervals.{measure}_added_seconds)", 1), (ended, -1)):
            of = {"proven": 0, "possible": 0} | {measure: one}
            changes += CHANGE.format(moment=moment, measure=measure, **of)
    connection.execute(AT_ONCE.format(sessions=sessions, changes=changes))


def make_words(connection: duckdb.DuckDBPyConnection, settings: Mapping[str, object]) -> None:
    """Make temporary macros: ``with_range`` of a number of people, and ``attended_in_words`` of one person."""
    connection.execute(IN_WORDS.format(measure=settings["attendance_measure"]))
