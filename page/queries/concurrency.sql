-- People at once by the minute, of the 60 fullest sessions.
with fullest as (
    select
        session_key,
        site_id,
        content_key,
        session_name,
        session_date,
        row_number() over (order by unique_people_count desc nulls last, session_key asc) as fullest_number
    from marts.fct_sessions
)

select
    fullest.session_key,
    fullest.site_id,
    fullest.content_key,
    fullest.session_date,
    fullest.session_name || ', ' || strftime(fullest.session_date, '%-d %b %Y') as session_name,
    concurrency.minute_at,
    concurrency.peak_people_count
from marts.fct_session_concurrency as concurrency
inner join fullest on concurrency.session_key = fullest.session_key
where fullest.fullest_number <= 60
order by fullest.fullest_number, concurrency.minute_at
