-- Planned sessions without a Joined.
-- The records do not say whether they took place. If no session has a Joined, the downloads end before the event.
select
    sum(registered_count) filter (where unique_people_count = 0) as planned_count,
    count(*) filter (where unique_people_count = 0 and registered_count > 0) as session_count,
    max(unique_people_count) = 0 as is_before_event,
    max(unique_people_count) > 0 as is_later
from marts.fct_sessions
where session_type = 'session'
having count(*) filter (where unique_people_count = 0 and registered_count > 0) > 0
