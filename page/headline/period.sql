-- The days on which sessions took place, the days of all activities, and the newest activity.
with held as (
    select
        min(session_date) as first_session_day,
        max(session_date) as last_session_day
    from marts.fct_sessions
    where session_type = 'session' and unique_people_count > 0
),

seen as (
    select
        min(occurred_date) as first_activity_day,
        max(occurred_date) as last_activity_day
    from marts.fct_activities
)

select
    seen.first_activity_day,
    seen.last_activity_day,
    held.first_session_day,
    held.last_session_day
from seen
cross join held
