-- Who planned to come to a session and did not?
select
    session_name,
    registered_count as registered,
    no_show_count as no_shows,
    attendee_count as attended,
    round(no_show_count::double / nullif(registered_count, 0), 2) as no_show_ratio
from marts.fct_sessions
where session_type = 'session' and unique_people_count > 0
order by no_shows desc, session_name asc
limit 8
