-- Who spent the most time in live sessions?
select
    users.full_name,
    count(*) as sessions,
    round(sum(attendance.proven_seconds) / 3600.0, 1) as proven_hours,
    round(sum(attendance.likely_seconds) / 3600.0, 1) as likely_hours
from marts.fct_session_attendance as attendance
inner join restricted.user_details as users on attendance.user_key = users.user_key
where attendance.session_type = 'session' and attendance.is_attended
group by users.user_key, users.full_name
order by likely_hours desc, users.full_name asc
limit 5
