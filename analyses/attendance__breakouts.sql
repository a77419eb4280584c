-- How many people went to the sub-breakouts of a session, and for how long?
select
    session_name,
    count(*) filter (where breakout_seconds > 0) as people_in_breakouts,
    round(avg(breakout_seconds) filter (where breakout_seconds > 0) / 60)::int as likely_minutes
from marts.fct_session_attendance
group by session_key, session_name
having count(*) filter (where breakout_seconds > 0) > 0
