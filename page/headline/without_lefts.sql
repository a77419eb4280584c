-- The sessions of several people that hardly anybody is known to have left, and that no schedule has.
with visits as (
    select
        attendance.session_key,
        3 * count(*) filter (where attendance.left_count > 0) < count(*) as is_endless
    from marts.fct_session_attendance as attendance
    inner join marts.fct_sessions as sessions on attendance.session_key = sessions.session_key
    where
        sessions.session_type = 'session'
        and sessions.window_source = 'inferred'
        and sessions.unique_people_count > 0
    group by attendance.session_key
    having count(*) > 1
),

held as (
    select count(*) as session_count
    from marts.fct_sessions
    where session_type = 'session' and unique_people_count > 0
)

select
    any_value(held.session_count) as session_count,
    count(*) as endless_count
from visits
cross join held
where visits.is_endless
having count(*) > 0
