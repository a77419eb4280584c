-- Which sessions did people leave early?
-- Early is for good before left_early_ratio of the session was over, by the likely measure.
select
    session_name,
    attendee_count as attended,
    left_early_count as left_early,
    round(left_early_count::double / nullif(attendee_count, 0), 2) as left_early_ratio
from marts.fct_sessions
where session_type = 'session'
order by left_early_ratio desc, session_name asc
limit 8
