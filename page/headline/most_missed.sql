-- The session that most of those who had planned to come missed.
with ranked as (
    select
        session_name,
        registered_count,
        no_show_count,
        rank() over (order by no_show_count desc) as place_number
    from marts.fct_sessions
    where session_type = 'session' and no_show_count > 0
)

select
    count(*) as tied_count,
    string_agg(session_name, ' and ' order by session_name) as session_name,
    any_value(no_show_count) as no_show_count,
    any_value(registered_count) as registered_count
from ranked
where place_number = 1
having count(*) <= 2
