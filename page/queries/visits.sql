-- The people of each session and how long they stayed, the newest sessions first.
select
    attendance.site_id,
    attendance.session_key,
    attendance.user_key,
    attendance.session_name,
    attendance.session_date,
    coalesce(users.full_name, attendance.user_id) as full_name,
    users.company,
    attendance.first_joined_at,
    attendance.last_left_at,
    attendance.stay_count,
    attendance.proven_seconds,
    attendance.likely_seconds,
    attendance.possible_seconds,
    attendance.breakout_seconds,
    case when attendance.is_attended_corrected then 'yes' else 'no' end as attended
from marts.fct_session_attendance as attendance
left join restricted.user_details as users on attendance.user_key = users.user_key
order by
    attendance.session_date desc nulls last,
    attendance.session_key asc,
    attendance.likely_seconds desc,
    attendance.user_key asc
