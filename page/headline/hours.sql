-- The hours of attendance as a range, and how much of the likely hours is proven.
select
    sum(proven_seconds) / 3600 as proven_hours,
    sum(likely_seconds) / 3600 as likely_hours,
    sum(possible_seconds) / 3600 as possible_hours,
    sum(proven_seconds) / nullif(sum(likely_seconds), 0) as proven_ratio,
    count(*) filter (where unique_people_count > 0) as session_count
from marts.fct_sessions
where session_type = 'session'
having sum(likely_seconds) > 0
