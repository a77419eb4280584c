-- The days on which sessions took place, the days of all activities, and the newest activity.
select
    min(occurred_date) as first_activity_day,
    max(occurred_date) as last_activity_day,
    max(occurred_at) as newest_at,
    (
        select min(session_date) from marts.fct_sessions where session_type = 'session' and unique_people_count > 0
    ) as first_session_day,
    (
        select max(session_date) from marts.fct_sessions where session_type = 'session' and unique_people_count > 0
    ) as last_session_day
from marts.fct_activities
