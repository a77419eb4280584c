"""Who is entitled to a certificate, who is not, and who is undecidable: the list of the page and of its command.

A session goes by attendance: entitled if even the proven time is enough, not entitled if not even the possible time
is. A correction decides before the log. A course goes by the record of its end.

The list may have a million rows, and a page shows few of them. So the people and their times are stored once and
without texts, and a view writes the reasons of the rows that are read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb

from warehouse.database import text_of

# Everybody who registered, came, has a credit on the page or a correction may expect a certificate of a session. A
# registration belongs to the next session of its page, and to the last one where none follows. A credit from before
# the person entered any is in the list of the first one.
PEOPLE = """
with sessions as (
    select session_key, content_key, window_closed_at from marts.fct_sessions where session_type = 'session'
),

registered as (
    select
        activities.user_key,
        coalesce(
            min_by(sessions.session_key, sessions.window_closed_at)
                filter (where sessions.window_closed_at >= activities.occurred_at),
            max_by(sessions.session_key, coalesce(sessions.window_closed_at, timestamp '1970-01-01'))
        ) as session_key
    from marts.fct_activities as activities
    inner join sessions on activities.content_key = sessions.content_key
    where activities.activity_type = 'session_attend_clicked' and activities.user_key is not null
    group by activities.user_key, activities.activity_key
),

corrections as (
    select * from restricted.corrected_attendance where is_applied
),

first_sessions as (
    select content_key, min(session_key) as session_key from sessions group by content_key
),

credits as (
    select
        credits.user_key,
        coalesce(credits.session_key, first_sessions.session_key) as session_key,
        sum(credits.earned_credits) as earned_credits,
        sum(credits.earned_count) as earned_count,
        sum(credits.claimed_count) as claimed_count
    from marts.fct_credit_evidence as credits
    inner join first_sessions on credits.content_key = first_sessions.content_key
    group by 1, 2
),

entered as (
    select * from marts.fct_session_attendance where session_type = 'session'
),

others as (
    select user_key, session_key from registered
    union
    select user_key, session_key from corrections where session_key in (select session_key from sessions)
    union
    select user_key, session_key from credits where session_key in (select session_key from sessions)
),

people as (
    select
        coalesce(entered.user_key, others.user_key) as user_key,
        coalesce(entered.session_key, others.session_key) as session_key,
        entered.session_key is not null as is_in_log,
        coalesce(entered.proven_seconds, 0) as proven_seconds,
        coalesce(entered.likely_seconds, 0) as likely_seconds,
        coalesce(entered.possible_seconds, 0) as possible_seconds,
        coalesce(entered.is_attended_proven, false) as is_proven,
        coalesce(entered.is_attended_possible, false) as is_possible
    from entered
    full join others on entered.user_key = others.user_key and entered.session_key = others.session_key
)

select
    people.*,
    corrections.is_attended_corrected as decided,
    corrections.corrected_seconds,
    corrections.reason as decision,
    corrections.decided_by,
    credits.earned_credits,
    credits.earned_count,
    credits.claimed_count
from people
left join corrections on people.user_key = corrections.user_key and people.session_key = corrections.session_key
left join credits on people.user_key = credits.user_key and people.session_key = credits.session_key
"""

COURSES = """
select
    courses.site_id,
    courses.course_key,
    courses.content_key,
    coalesce(content.content_name, courses.track_name) as name,
    courses.started_at,
    courses.finished_at,
    courses.user_key,
    courses.is_finished,
    courses.lesson_count,
    credits.earned_credits,
    credits.earned_count,
    credits.claimed_count
from marts.fct_course_progress as courses
left join marts.fct_credits as credits
    on courses.user_key = credits.user_key and courses.content_key = credits.content_key
left join marts.dim_content as content on courses.content_key = content.content_key
where courses.is_course_known
"""

# Only the sessions of the marts that are open: an event has fewer.
LIST = """
create or replace temp view certificates as
with people as (
    select
        people.*,
        sessions.site_id,
        sessions.content_key,
        sessions.session_name,
        sessions.session_date,
        greatest({seconds}, {ratio} * date_diff('second', sessions.started_at, sessions.ended_at)) as needed_seconds
    from {collected}.certificate_people as people
    inner join marts.fct_sessions as sessions on people.session_key = sessions.session_key
),

courses as (
    select * from {collected}.certificate_courses where {condition}
)

select
    'session' as kind,
    site_id,
    session_key as key,
    content_key,
    session_name as name,
    session_date as held_on,
    user_key,
    case
        when decided then 'yes'
        when not decided then 'no'
        when is_proven then 'yes'
        when is_possible then 'undecidable'
        else 'no'
    end as entitled,
    case
        when decided is not null then 'a correction decides: ' || decision || ' (' || decided_by || ')'
        when not is_in_log then 'the log has no Joined and no Left of the person in this session'
        when is_proven then 'the log proves ' || in_minutes(proven_seconds) || '; ' || enough(needed_seconds)
        when is_possible
            then 'the log proves ' || in_minutes(proven_seconds) || ' and allows ' || in_minutes(possible_seconds)
                || '; ' || enough(needed_seconds)
        else 'the log allows at most ' || in_minutes(possible_seconds) || '; ' || enough(needed_seconds)
    end as reason,
    round(proven_seconds / 60, 1) as proven_minutes,
    round(likely_seconds / 60, 1) as likely_minutes,
    round(possible_seconds / 60, 1) as possible_minutes,
    round(corrected_seconds / 60, 1) as corrected_minutes,
    round(needed_seconds / 60, 1) as needed_minutes,
    earned_credits as credits,
    coalesce(earned_count > 0, false) as has_credit_record,
    coalesce(claimed_count > 0, false) as is_claimed,
    null::date as finished_on
from people
union all
select
    'course' as kind,
    site_id,
    course_key as key,
    content_key,
    name,
    (started_at at time zone 'UTC' at time zone {zone})::date as held_on,
    user_key,
    case is_finished when true then 'yes' when false then 'no' else 'undecidable' end as entitled,
    case
        when is_finished then 'a record says that the person finished it'
        when not is_finished then 'the reports have records of others who finished it, and none of this person'
        else 'the reports have no record of anybody who finished it; ' || lesson_count || ' lessons were begun'
    end as reason,
    null as proven_minutes,
    null as likely_minutes,
    null as possible_minutes,
    null as corrected_minutes,
    null as needed_minutes,
    earned_credits as credits,
    coalesce(earned_count > 0, false) as has_credit_record,
    coalesce(claimed_count > 0, false) as is_claimed,
    (finished_at at time zone 'UTC' at time zone {zone})::date as finished_on
from courses
"""
# By session or course and verdict. What sums up the list reads these few rows.
GROUPS = """
create or replace temp table certificate_groups as
select
    kind,
    site_id,
    key,
    content_key,
    name,
    held_on,
    entitled,
    count(*) as person_count
from certificates
group by all
"""
# The database of what one connection has for itself.
TEMPORARY = "temp"
OF_COURSES_HERE = "content_key in (select content_key from marts.fct_course_progress)"


def collect_certificates(copy: duckdb.DuckDBPyConnection, into: str = TEMPORARY) -> None:
    """Find the people of all sessions and courses: the tables ``certificate_people`` and ``certificate_courses``.

    Args:
        copy: the copy.
        into: the database of the two tables.
    """
    table = "temp table" if into == TEMPORARY else "table"
    copy.execute(f"create or replace {table} {into}.certificate_people as {PEOPLE}")
    copy.execute(f"create or replace {table} {into}.certificate_courses as {COURSES}")


def list_certificates(
    connection: duckdb.DuckDBPyConnection,
    settings: Mapping[str, object],
    collected: str = TEMPORARY,
    courses: str = "true",
) -> None:
    """Make the temporary view ``certificates``: the list with the reasons.

    Args:
        connection: where the marts are; its sessions are listed.
        settings: those of attendance and the zone.
        collected: the database that has what was collected.
        courses: a condition on the courses to list.
    """
    more = "" if settings["attendance_bound_included"] else "more than "
    connection.execute(
        "create or replace temp macro in_minutes(seconds) as seconds // 60 || ' min'"
        " || case when seconds % 60 > 0 then ' ' || seconds % 60 || ' s' else '' end;"
        f"create or replace temp macro enough(seconds) as 'your minimum is {more}'"
        " || in_minutes(ceil(seconds)::bigint)"
    )
    connection.execute(
        LIST.format(
            seconds=settings["attendance_minimum_seconds"],
            ratio=f"{settings['attendance_minimum_ratio']}::double",
            zone=text_of(str(settings["reporting_time_zone"])),
            collected=collected,
            condition=courses,
        )
    )


@contextmanager
def collected_for_all(copy: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Collect the people once into memory that every connection to the copy sees; yields the name of the database."""
    memory = f"certificates_{secrets.token_hex(4)}"
    copy.execute(f"attach ':memory:' as {memory} (read_write)")
    collect_certificates(copy, memory)
    yield memory
    copy.execute(f"detach {memory}")


def list_certificates_of_marts(
    connection: duckdb.DuckDBPyConnection, settings: Mapping[str, object], collected: str
) -> None:
    """Make the list of what the marts have, and ``certificate_groups``, its sums: those of an event are only its own.

    The people are those of all marts, because people register before an event begins.
    """
    list_certificates(connection, settings, collected, OF_COURSES_HERE)
    connection.execute(GROUPS)
