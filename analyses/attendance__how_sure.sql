-- How much of the attendance of each session is proven?
select
    session_name,
    round(sum(proven_seconds) / sum(likely_seconds), 2) as proven_ratio,
    sum(open_stay_count)::int as stays_without_left,
    sum(stay_count)::int as stays
from marts.fct_session_attendance
where session_type = 'session'
group by session_key, session_name
order by proven_ratio, session_name
limit 5
