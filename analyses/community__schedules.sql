-- How often are schedules started and completed?
-- The guide names both and says no more.
select
    schedule_event,
    count(*) as events,
    round(avg(seconds_since_started) / 60)::int as mean_minutes
from marts.fct_schedule_events
group by schedule_event
order by schedule_event
