-- The session that most people attended; of two with the same number both, of more none.
-- Another session is a rival if it may have had more people than this one had for sure.
with ranked as (
    select
        labels.label as session_name,
        sessions.attendee_count,
        sessions.proven_attendee_count,
        sessions.possible_attendee_count,
        sessions.stayed_count,
        sessions.proven_stayed_count,
        sessions.possible_stayed_count,
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
    min(proven_attendee_count) as proven_attendee_count,
    max(possible_attendee_count) as possible_attendee_count,
    sum(stayed_count) as stayed_count,
    sum(proven_stayed_count) as proven_stayed_count,
    sum(possible_stayed_count) as possible_stayed_count,
    sum(stayed_count) / sum(attendee_count) as stayed_ratio,
    (
        select count(*)
        from ranked as others
        where
            others.place_number > 1
            and others.possible_attendee_count > (
                select min(firsts.proven_attendee_count)
                from ranked as firsts
                where firsts.place_number = 1
            )
    ) as rival_count,
    (
        select count(distinct attendance.user_key)
        from marts.fct_session_attendance as attendance
        where attendance.session_type = 'session'
    ) as came_count
from ranked
-- One alone has nothing to be compared with.
where place_number = 1 and session_count > 1
having count(*) <= 2
