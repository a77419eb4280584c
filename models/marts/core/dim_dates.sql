-- Calendar from the first to the last day with an activity, in the reporting zone.
-- Grain: one row per date.

with activities as (
    select * from {{ ref('fct_activities') }}
),

bounds as (
    select
        min(occurred_date) as first_date,
        max(occurred_date) as last_date
    from activities
),

calendar as (
    {{ date_spine('(select first_date from bounds)', '(select last_date from bounds)') }}
),

-- 1 January 1900 was a Monday.
numbered as (
    select
        calendar_date,
        cast(mod({{ dbt.datediff("cast('1900-01-01' as date)", 'calendar_date', 'day') }}, 7) + 1 as bigint)
            as weekday_number
    from calendar
),

final as (
    select
        calendar_date,
        cast(extract(year from calendar_date) as bigint) as year_number,
        cast(extract(quarter from calendar_date) as bigint) as quarter_number,
        cast(extract(month from calendar_date) as bigint) as month_number,
        cast(extract(week from calendar_date) as bigint) as iso_week_number,
        weekday_number,
        weekday_number >= 6 as is_weekend
    from numbered
)

select * from final
