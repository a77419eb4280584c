-- How many people were in the opening session every ten minutes?
select
    minutes.minute_at,
    minutes.peak_people_count as people
from marts.fct_session_concurrency as minutes
inner join marts.fct_sessions as sessions on minutes.session_key = sessions.session_key
where sessions.session_name like 'Opening Keynote%' and extract(minute from minutes.minute_at) % 10 = 0
order by minutes.minute_at
