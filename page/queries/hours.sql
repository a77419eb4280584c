-- Activities of each day by the hour of the reporting zone.
select
    site_id,
    occurred_date,
    isodow(occurred_date) as weekday_number,
    ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday_number] as weekday,
    hour(timezone(getvariable('reporting_time_zone'), timezone('UTC', occurred_at))) as hour_number,
    count(*) as activity_count
from marts.fct_activities
group by all
order by occurred_date desc, site_id asc, hour_number asc
