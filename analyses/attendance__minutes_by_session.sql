-- How long did people stay in each session: proven, likely, possible?
-- Mean minutes a person. The bracket is this project's own: models/marts/attendance/attendance_rules.md.
select
    session_name,
    count(*) as people,
    count(*) filter (where is_attended) as attended,
    round(avg(proven_seconds) / 60)::int as proven,
    round(avg(likely_seconds) / 60)::int as likely,
    round(avg(possible_seconds) / 60)::int as possible
from marts.fct_session_attendance
where session_type = 'session'
group by session_key, session_name
order by attended desc, session_name asc
