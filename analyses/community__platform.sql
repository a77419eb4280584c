-- What do people do on the platform itself?
select
    platform_event,
    count(*) as events,
    count(distinct user_key) as people
from marts.fct_platform_events
group by platform_event
order by events desc, platform_event asc
