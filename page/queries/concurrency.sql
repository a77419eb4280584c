-- People at once by the minute, of the 60 fullest sessions: by what the log proves, what is likely and what it allows.
select
    sessions.session_key,
    sessions.site_id,
    sessions.content_key,
    sessions.session_date,
    sessions.session_name || ', ' || strftime(sessions.session_date, '%-d %b %Y') as session_name,
    people_at_once.minute_at,
    people_at_once.peak_people_count,
    people_at_once.proven_people_count,
    people_at_once.possible_people_count
from people_at_once
inner join marts.fct_sessions as sessions on people_at_once.session_key = sessions.session_key
order by sessions.unique_people_count desc nulls last, sessions.session_key asc, people_at_once.minute_at asc
