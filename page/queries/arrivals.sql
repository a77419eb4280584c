-- How many joined and left each of the 60 fullest sessions, by five minutes. Somebody may join several times.
with fullest as (
    select
        session_key,
        site_id,
        content_key,
        session_date
    from marts.fct_sessions
    order by unique_people_count desc nulls last, session_key asc
    limit 60
),

moments as (
    select
        session_key,
        time_bucket(interval 5 minutes, joined_at) as five_minutes_at,
        1 as joined_count,
        0 as left_count
    from marts.fct_presence_intervals
    union all
    select
        session_key,
        time_bucket(interval 5 minutes, likely_ended_at) as five_minutes_at,
        0 as joined_count,
        1 as left_count
    from marts.fct_presence_intervals
    where closed_by = 'left'
)

select
    fullest.session_key,
    fullest.site_id,
    fullest.content_key,
    fullest.session_date,
    moments.five_minutes_at,
    sum(moments.joined_count) as joined_count,
    sum(moments.left_count) as left_count
from moments
inner join fullest on moments.session_key = fullest.session_key
group by all
order by fullest.session_key, moments.five_minutes_at
