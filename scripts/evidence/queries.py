"""What the published copy holds of people: sessions, stays with their records, corrections and credits.

Every query reads the users from the temporary table ``asked``, and one session where ``$session`` names one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import duckdb

Row = dict[str, Any]

PEOPLE = """
select
    users.user_key,
    users.site_id,
    users.user_id,
    coalesce(details.full_name, users.user_id) as name,
    details.company,
    details.email
from marts.dim_users as users
inner join asked on users.user_key = asked.user_key
left join restricted.user_details as details on users.user_key = details.user_key
order by strip_accents(lower(name)), users.user_key
"""

IN_SESSION = """
select user_key from marts.fct_session_attendance where session_key = $session
union
select user_key from restricted.corrected_attendance where session_key = $session and is_applied
union
select credits.user_key
from marts.fct_credit_evidence as credits
inner join marts.fct_sessions as sessions
    on credits.content_key = sessions.content_key and coalesce(credits.session_key, $session) = sessions.session_key
where sessions.session_key = $session
order by 1
"""

SESSIONS = """
select
    attendance.user_key,
    attendance.session_key,
    attendance.session_name,
    attendance.session_date,
    at_zone(sessions.started_at) as started,
    at_zone(sessions.ended_at) as ended,
    at_zone(sessions.window_opened_at) as opened,
    at_zone(sessions.window_closed_at) as closed,
    sessions.window_source,
    attendance.proven_seconds,
    attendance.likely_seconds,
    attendance.possible_seconds,
    attendance.session_seconds,
    attended_in_words(
        attendance.is_attended, attendance.is_attended_proven, attendance.is_attended_possible, false, null
    ) as attended_by_log,
    attended_in_words(
        attendance.is_attended, attendance.is_attended_proven, attendance.is_attended_possible,
        attendance.is_corrected, attendance.is_attended_corrected
    ) as attended,
    attendance.is_corrected,
    attendance.is_attended_corrected,
    attendance.corrected_seconds
from marts.fct_session_attendance as attendance
inner join asked on attendance.user_key = asked.user_key
inner join marts.fct_sessions as sessions on attendance.session_key = sessions.session_key
where $session is null or attendance.session_key = $session
order by attendance.user_key, sessions.started_at nulls last, attendance.session_key
"""

# The mart names the records that opened and closed a stay. The record behind the proven end is the first one of the
# user at or after this end that proves presence on the page, or is a Left. The end by another
# room is the Joined of that second.
STAYS = """
with stays as (
    select stays.*, sessions.window_closed_at
    from marts.fct_presence_intervals as stays
    inner join asked on stays.user_key = asked.user_key
    inner join marts.fct_sessions as sessions on stays.session_key = sessions.session_key
    where $session is null or stays.session_key = $session
),

records as (
    select activities.*
    from marts.fct_activities as activities
    inner join asked on activities.user_key = asked.user_key
    inner join marts.dim_activity_types as types on activities.activity_type = types.activity_type
    where types.is_presence_evidence or activities.activity_type = 'session_left'
),

proven as (
    select
        stays.presence_interval_key,
        min_by(
            {type: records.activity_type, report: records.report_id, number: records.record_number},
            (
                records.occurred_at, records.content_key is distinct from stays.content_key,
                records.activity_type <> 'session_left', records.activity_key
            )
        ) as record
    from stays
    inner join records on stays.user_key = records.user_key and records.occurred_at >= stays.proven_ended_at
    where
        stays.proven_closed_by <> 'nothing'
        and (
            records.content_key = stays.content_key
            or (records.activity_type = 'session_left' and (records.content_key is null or stays.content_key is null))
        )
    group by 1
),

elsewhere as (
    select
        stays.presence_interval_key,
        min_by(
            {report: joined.report_id, number: joined.record_number},
            (joined.content_key is not distinct from stays.content_key, joined.activity_key)
        ) as record
    from stays
    inner join marts.fct_activities as joined
        on stays.user_key = joined.user_key and stays.likely_ended_at = joined.occurred_at
    where stays.closed_by = 'joined_elsewhere' and joined.activity_type = 'session_joined'
    group by 1
)

select
    stays.user_key,
    stays.session_key,
    stays.breakout_id,
    stays.opened_by,
    stays.closed_by,
    stays.proven_closed_by,
    stays.possible_ended_at = stays.window_closed_at as is_possible_to_the_end,
    stays.closed_by = 'left' and stays.closed_activity_key is not null as is_left,
    at_zone(stays.joined_at) as joined,
    at_zone(stays.started_at) as started,
    at_zone(stays.proven_ended_at) as proven_ended,
    at_zone(stays.likely_ended_at) as likely_ended,
    at_zone(stays.possible_ended_at) as possible_ended,
    stays.proven_added_seconds,
    stays.likely_added_seconds,
    stays.possible_added_seconds,
    in_file(stays.opened_report_id, stays.opened_record_number) as opened_record,
    in_file(
        coalesce(stays.closed_report_id, elsewhere.record.report),
        coalesce(stays.closed_record_number, elsewhere.record.number)
    ) as closed_record,
    in_file(proven.record.report, proven.record.number) as proven_record,
    proven_types.activity_name as proven_activity
from stays
left join proven on stays.presence_interval_key = proven.presence_interval_key
left join elsewhere on stays.presence_interval_key = elsewhere.presence_interval_key
left join marts.dim_activity_types as proven_types on proven.record.type = proven_types.activity_type
order by stays.user_key, stays.session_key, stays.started_at, stays.presence_interval_key
"""

CORRECTIONS = """
select
    corrections.user_key,
    corrections.session_key,
    coalesce(sessions.session_name, corrections.session_key) as session_name,
    corrections.is_applied,
    corrections.corrected_seconds,
    corrections.is_attended_corrected,
    corrections.reason,
    corrections.decided_by,
    at_zone(corrections.decided_at) as decided
from restricted.corrected_attendance as corrections
inner join asked on corrections.user_key = asked.user_key
left join marts.fct_sessions as sessions on corrections.session_key = sessions.session_key
where $session is null or corrections.session_key = $session
order by corrections.user_key, corrections.session_key
"""

CREDITS = """
select
    credits.user_key,
    credits.session_key,
    content.content_name as page_name,
    credits.verdict,
    credits.is_corrected,
    at_zone(credits.first_earned_at) as earned,
    at_zone(credits.first_claimed_at) as claimed,
    credits.earned_credits,
    credits.earned_count,
    credits.unparsed_count,
    in_file(earned.report_id, earned.record_number) as earned_record,
    in_file(claimed.report_id, claimed.record_number) as claimed_record
from marts.fct_credit_evidence as credits
inner join asked on credits.user_key = asked.user_key
left join marts.dim_content as content on credits.content_key = content.content_key
left join marts.fct_activities as earned on credits.first_earned_activity_key = earned.activity_key
left join marts.fct_activities as claimed on credits.first_claimed_activity_key = claimed.activity_key
left join marts.fct_sessions as sessions on sessions.session_key = $session
where
    $session is null
    or credits.session_key = $session
    or (credits.session_key is null and credits.content_key = sessions.content_key)
order by credits.user_key, credits.booked_date, credits.content_key, credits.session_key
"""

REPORTS = """
select file_name, report_id, at_zone(date_trunc('second', loaded_at)) as loaded, record_count, is_reconciled
from marts.report_reconciliation
where list_contains($sites, site_id)
order by loaded_at, file_name, report_id
"""

MACROS = """
create or replace temp macro at_zone(moment) as (moment at time zone 'UTC')::varchar;
create or replace temp macro in_file(report, number) as (
    select {file: file_name, number: number} from marts.report_reconciliation where report_id = report
);
"""


def people_in(copy: duckdb.DuckDBPyConnection, session_key: str) -> list[str]:
    """The users of a session: those who joined or left it, have a credit on its page, or a correction."""
    return [key for (key,) in copy.execute(IN_SESSION, {"session": session_key}).fetchall()]


def name_of_session(copy: duckdb.DuckDBPyConnection, session_key: str) -> str:
    """The name of a session, or its key."""
    query = "select coalesce(session_name, session_key) from marts.fct_sessions where session_key = ?"
    [(name,)] = copy.execute(query, [session_key]).fetchall()
    return str(name)


def prepare(copy: duckdb.DuckDBPyConnection, user_keys: Iterable[str], time_zone: str) -> None:
    """Note who is asked for, and let times be those of a zone."""
    copy.execute("create or replace temp table asked as select unnest(?::varchar[]) as user_key", [list(user_keys)])
    copy.execute("set TimeZone = ?", [time_zone])
    copy.execute(MACROS)


def by_user(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by the user whom they are about."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["user_key"]].append(row)
    return found
