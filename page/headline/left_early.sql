-- The session that the largest share of at least five attendees left early.
with ranked as (
    select
        labels.label as session_name,
        sessions.attendee_count,
        sessions.left_early_count,
        sessions.proven_left_early_count,
        sessions.possible_left_early_count,
        count(*) over () as session_count,
        rank() over (order by sessions.left_early_count / sessions.attendee_count desc) as place_number
    from marts.fct_sessions as sessions
    inner join session_labels as labels on sessions.session_key = labels.key
    where sessions.session_type = 'session' and sessions.attendee_count >= 5 and sessions.left_early_count > 0
)

select
    count(*) as tied_count,
    string_agg(session_name, ' and ' order by session_name) as session_name,
    5 as least_count,
    any_value(left_early_count) as left_early_count,
    any_value(proven_left_early_count) as proven_left_early_count,
    any_value(possible_left_early_count) as possible_left_early_count,
    any_value(attendee_count) as attendee_count
from ranked
-- One alone has nothing to be compared with.
where place_number = 1 and session_count > 1
having count(*) <= 2
