-- The session that the most people missed who had planned to come. Of one who planned it there is nothing to say.
with ranked as (
    select
        labels.label as session_name,
        sessions.registered_count,
        sessions.no_show_count,
        rank() over (order by sessions.no_show_count desc) as place_number
    from marts.fct_sessions as sessions
    inner join session_labels as labels on sessions.session_key = labels.key
    where
        sessions.session_type = 'session' and sessions.unique_people_count > 0
        and sessions.no_show_count > 0 and sessions.registered_count > 1
)

select
    count(*) as tied_count,
    string_agg(session_name, ' and ' order by session_name) as session_name,
    any_value(no_show_count) as no_show_count,
    any_value(registered_count) as registered_count
from ranked
where place_number = 1
having count(*) <= 2
