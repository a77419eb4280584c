-- Which attendance was corrected, by whom and why?
select
    user_details.full_name,
    fct_sessions.session_name,
    corrected_attendance.likely_seconds,
    corrected_attendance.corrected_seconds,
    corrected_attendance.is_attended_corrected,
    corrected_attendance.reason,
    corrected_attendance.decided_by
from restricted.corrected_attendance
inner join restricted.user_details on corrected_attendance.user_key = user_details.user_key
inner join marts.fct_sessions on corrected_attendance.session_key = fct_sessions.session_key
where corrected_attendance.is_applied
order by user_details.full_name, fct_sessions.session_name
