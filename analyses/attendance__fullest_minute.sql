-- When was each session fullest?
select
    session_name,
    peak_people_count as people,
    peak_minute_at as fullest_at,
    round(average_people, 1) as on_average
from marts.fct_sessions
where session_type = 'session'
order by people desc, session_name asc
limit 8
