-- Which companies sent the most people, and for how long did they stay?
select
    users.company,
    count(distinct attendance.user_key) as people,
    round(sum(attendance.likely_seconds) / 3600.0, 1) as likely_hours
from marts.fct_session_attendance as attendance
inner join marts.dim_users as users on attendance.user_key = users.user_key
where attendance.session_type = 'session' and attendance.is_attended
group by users.company
order by people desc, users.company asc
limit 5
