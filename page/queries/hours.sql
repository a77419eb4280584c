-- Activities of each day by the hour of the reporting zone.
-- To convert each moment would take seconds. Clocks change at a quarter of an hour of UTC, or a minute after it (in
-- Newfoundland until 2011), so all moments between have one hour.
with quarters as (
    select
        site_id,
        occurred_date,
        time_bucket(interval 15 minutes, occurred_at) as quarter_at,
        date_trunc('minute', occurred_at) > time_bucket(interval 15 minutes, occurred_at) as is_after_first_minute,
        count(*) as activity_count
    from marts.fct_activities
    group by all
),

moments as (
    select
        site_id,
        occurred_date,
        case when is_after_first_minute then quarter_at + interval 1 minute else quarter_at end as moment_at,
        activity_count
    from quarters
)

select
    site_id,
    occurred_date,
    isodow(occurred_date) as weekday_number,
    ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday_number] as weekday,
    hour(timezone(getvariable('reporting_time_zone'), timezone('UTC', moment_at))) as hour_number,
    cast(sum(activity_count) as bigint) as activity_count
from moments
group by all
order by occurred_date desc, site_id asc, hour_number asc
