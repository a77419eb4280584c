-- The session that most people attended; of two with the same number both, of more none.
with ranked as (
    select
        labels.label as session_name,
        sessions.attendee_count,
        sessions.left_early_count,
        count(*) over () as session_count,
        rank() over (order by sessions.attendee_count desc) as place_number
    from marts.fct_sessions as sessions
    inner join session_labels as labels on sessions.session_key = labels.key
    where sessions.session_type = 'session' and sessions.attendee_count > 0
)

select
    count(*) as tied_count,
    string_agg(session_name, ' and ' order by session_name) as session_name,
    any_value(attendee_count) as attendee_count,
    sum(attendee_count - left_early_count) as stayed_count,
    sum(attendee_count - left_early_count) / sum(attendee_count) as stayed_ratio,
    (
        select count(distinct attendance.user_key)
        from marts.fct_session_attendance as attendance
        where attendance.session_type = 'session'
    ) as came_count
from ranked
-- One alone has nothing to be compared with.
where place_number = 1 and session_count > 1
having count(*) <= 2
