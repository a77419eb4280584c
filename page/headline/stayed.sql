-- How many attendances lasted to the end, or nearly so.
select
    sum(attendee_count) as attended_count,
    sum(attendee_count - left_early_count) as stayed_count,
    sum(attendee_count - left_early_count) / nullif(sum(attendee_count), 0) as stayed_ratio
from marts.fct_sessions
where session_type = 'session'
having sum(attendee_count) > 0
