-- How many attendances lasted to the end, or nearly so. An attendance is one person in one session.
select
    sum(attendee_count) as attended_count,
    sum(stayed_count) as stayed_count,
    sum(proven_stayed_count) as proven_stayed_count,
    sum(possible_stayed_count) as possible_stayed_count,
    sum(stayed_count) / nullif(sum(attendee_count), 0) as stayed_ratio
from marts.fct_sessions
where session_type = 'session'
having sum(attendee_count) > 0
