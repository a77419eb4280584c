-- Who attended a session, and for how long?
-- Put the name of your session in, and of one that meets each week its session_date. Names are personal:
-- restricted.user_details.
select
    users.full_name,
    round(attendance.proven_seconds / 60)::int as proven,
    round(attendance.likely_seconds / 60)::int as likely,
    round(attendance.possible_seconds / 60)::int as possible,
    attendance.is_attended
from marts.fct_session_attendance as attendance
inner join restricted.user_details as users on attendance.user_key = users.user_key
where attendance.session_name = 'Night Ferry: The Pacific Session'
order by attendance.likely_seconds desc, users.full_name asc
limit 8
