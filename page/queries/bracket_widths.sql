-- How wide the ranges of attendance are: possible less proven, in classes of minutes.
-- The first screen counts the same attendances: a person who attended a session.
select
    site_id,
    content_key,
    session_date,
    case
        when possible_seconds = proven_seconds then 1
        when possible_seconds - proven_seconds <= 300 then 2
        when possible_seconds - proven_seconds <= 900 then 3
        when possible_seconds - proven_seconds <= 3600 then 4
        else 5
    end as width_number,
    case width_number
        when 1 then 'every minute is proven'
        when 2 then 'up to 5 minutes apart'
        when 3 then 'up to 15 minutes apart'
        when 4 then 'up to an hour apart'
        when 5 then 'over an hour apart'
    end as width,
    count(*) as attendance_count
from marts.fct_session_attendance
where session_type = 'session' and is_attended
group by site_id, content_key, session_date, width_number
order by session_date desc, site_id asc, content_key asc, width_number asc
