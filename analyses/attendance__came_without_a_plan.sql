-- How many people came to a session without having added it to their schedule?
select
    sessions.session_name,
    sessions.unique_people_count as came,
    sessions.registered_count - sessions.no_show_count as came_as_planned,
    sessions.unique_people_count - sessions.registered_count + sessions.no_show_count as came_without_a_plan
from marts.fct_sessions as sessions
where sessions.session_type = 'session'
order by came_without_a_plan desc, sessions.session_name asc
limit 8
