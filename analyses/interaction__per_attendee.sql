-- Which sessions had the most active audience?
select
    session_name,
    attendee_count as attended,
    interaction_count as interactions,
    round(interactions_per_attendee, 1) as per_attendee
from marts.fct_sessions
where session_type = 'session'
order by per_attendee desc, session_name asc
limit 5
