"""Who is entitled to a certificate, who is not, and who is undecidable: the list of the page and of its command.

A session goes by attendance: entitled if even the proven time is enough, not entitled if not even the possible time
is. A correction decides before the log. A course goes by the record of its end.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb

# Everybody who registered, came, has a credit on the page or a correction may expect a certificate of a session. A
# registration belongs to the next session of its page, and to the last one where none follows.
SESSIONS = """
with sessions as (
    select * from marts.fct_sessions where session_type = 'session'
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

credits as (
    select
        credits.user_key,
        coalesce(credits.session_key, min(sessions.session_key)) as session_key,
        credits.earned_credits,
        credits.earned_count,
        credits.claimed_count
    from marts.fct_credit_evidence as credits
    inner join sessions on credits.content_key = sessions.content_key
    group by credits.user_key, credits.session_key, credits.content_key, 3, 4, 5
),

people as (
    select user_key, session_key from registered
    union
    select user_key, session_key from marts.fct_session_attendance
    union
    select user_key, session_key from corrections
    union
    select user_key, session_key from credits
),

measured as (
    select
        people.user_key,
        sessions.*,
        attendance.session_key is not null as is_in_log,
        coalesce(attendance.proven_seconds, 0) as person_proven,
        coalesce(attendance.likely_seconds, 0) as person_likely,
        coalesce(attendance.possible_seconds, 0) as person_possible,
        coalesce(attendance.is_attended_proven, false) as is_proven,
        coalesce(attendance.is_attended_possible, false) as is_possible,
        greatest($seconds, $ratio * date_diff('second', sessions.started_at, sessions.ended_at)) as needed_seconds,
        corrections.is_attended_corrected as decided,
        corrections.corrected_seconds,
        corrections.reason as decision,
        corrections.decided_by,
        credits.earned_credits,
        credits.earned_count,
        credits.claimed_count
    from people
    inner join sessions on people.session_key = sessions.session_key
    left join marts.fct_session_attendance as attendance
        on people.user_key = attendance.user_key and people.session_key = attendance.session_key
    left join corrections on people.user_key = corrections.user_key and people.session_key = corrections.session_key
    left join credits on people.user_key = credits.user_key and people.session_key = credits.session_key
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
        when is_proven then 'the log proves ' || in_minutes(person_proven) || '; ' || enough(needed_seconds)
        when is_possible
            then 'the log proves ' || in_minutes(person_proven) || ' and allows ' || in_minutes(person_possible)
                || '; ' || enough(needed_seconds)
        else 'the log allows at most ' || in_minutes(person_possible) || '; ' || enough(needed_seconds)
    end as reason,
    round(person_proven / 60, 1) as proven_minutes,
    round(person_likely / 60, 1) as likely_minutes,
    round(person_possible / 60, 1) as possible_minutes,
    round(corrected_seconds / 60, 1) as corrected_minutes,
    round(needed_seconds / 60, 1) as needed_minutes,
    earned_credits as credits,
    coalesce(earned_count > 0, false) as has_credit_record,
    coalesce(claimed_count > 0, false) as is_claimed,
    null::date as finished_on
from measured
"""

COURSES = """
select
    'course' as kind,
    courses.site_id,
    courses.course_key as key,
    courses.content_key,
    coalesce(content.content_name, courses.track_name) as name,
    (courses.started_at at time zone 'UTC' at time zone $zone)::date as held_on,
    courses.user_key,
    case courses.is_finished when true then 'yes' when false then 'no' else 'undecidable' end as entitled,
    case
        when courses.is_finished then 'a record says that the person finished it'
        when not courses.is_finished then 'the reports have records of others who finished it, and none of this person'
        else 'the reports have no record of anybody who finished it; ' || courses.lesson_count || ' lessons were begun'
    end as reason,
    null as proven_minutes,
    null as likely_minutes,
    null as possible_minutes,
    null as corrected_minutes,
    null as needed_minutes,
    credits.earned_credits as credits,
    coalesce(credits.earned_count > 0, false) as has_credit_record,
    coalesce(credits.claimed_count > 0, false) as is_claimed,
    (courses.finished_at at time zone 'UTC' at time zone $zone)::date as finished_on
from marts.fct_course_progress as courses
left join marts.fct_credits as credits
    on courses.user_key = credits.user_key and courses.content_key = credits.content_key
left join marts.dim_content as content on courses.content_key = content.content_key
where courses.is_course_known
"""


def collect_certificates(copy: duckdb.DuckDBPyConnection, settings: Mapping[str, object]) -> None:
    """Put the list of all sessions and courses into the temporary table ``certificates``."""
    more = "" if settings["attendance_bound_included"] else "more than "
    copy.execute(
        "create or replace temp macro in_minutes(seconds) as seconds // 60 || ' min'"
        " || case when seconds % 60 > 0 then ' ' || seconds % 60 || ' s' else '' end;"
        f"create or replace temp macro enough(seconds) as 'your minimum is {more}'"
        " || in_minutes(ceil(seconds)::bigint)"
    )
    parameters = {
        "seconds": settings["attendance_minimum_seconds"],
        "ratio": settings["attendance_minimum_ratio"],
    }
    copy.execute(f"create or replace temp table certificates as {SESSIONS}", parameters)
    copy.execute(f"insert into certificates {COURSES}", {"zone": settings["reporting_time_zone"]})


@contextmanager
def collected_for_all(copy: duckdb.DuckDBPyConnection, settings: Mapping[str, object]) -> Iterator[str]:
    """Collect the list once into memory that every connection to the copy sees; yields the name of the table."""
    collect_certificates(copy, settings)
    memory = f"certificates_{secrets.token_hex(4)}"
    copy.execute(f"attach ':memory:' as {memory} (read_write)")
    copy.execute(f"create table {memory}.main.certificates as from certificates; drop table certificates")
    yield f"{memory}.main.certificates"
    copy.execute(f"detach {memory}")


def take_certificates_of_marts(connection: duckdb.DuckDBPyConnection, collected: str) -> None:
    """Make the temporary table ``certificates`` of what the marts have: those of an event are only its own.

    The list itself is made of all marts, because people register before an event begins.
    """
    connection.execute(
        f"create or replace temp table certificates as select * from {collected}"
        " where case when kind = 'session'"
        " then key in (select session_key from marts.fct_sessions)"
        " else content_key in (select content_key from marts.fct_course_progress) end"
    )
