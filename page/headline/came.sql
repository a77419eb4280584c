-- How many people came to a session, of how many with an account.
select
    count(distinct attendance.user_key) as came_count,
    (select count(*) from marts.dim_users) as user_count,
    (select count(distinct activities.user_key) from marts.fct_activities as activities) as active_count
from marts.fct_session_attendance as attendance
where attendance.session_type = 'session'
having count(distinct attendance.user_key) > 0
