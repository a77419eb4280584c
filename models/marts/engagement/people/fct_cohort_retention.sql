-- How many of those who were first active in a week are active in the weeks after it.
-- Grain: one row per site, week of first activity and week since then, up to the latest week of the site.

with user_days as (
    select * from {{ ref('fct_user_days') }}
),

user_weeks as (
    select distinct
        site_id,
        user_key,
        cast({{ dbt.date_trunc("week", "activity_date") }} as date) as week_date
    from user_days
),

cohorts as (
    select
        site_id,
        user_key,
        min(week_date) as cohort_week_date
    from user_weeks
    group by 1, 2
),

cohort_sizes as (
    select
        site_id,
        cohort_week_date,
        count(*) as cohort_user_count
    from cohorts
    group by 1, 2
),

calendar as (
    {{ date_spine("(select min(week_date) from user_weeks)", "(select max(week_date) from user_weeks)") }}
),

latest as (
    select
        site_id,
        max(week_date) as latest_week_date
    from user_weeks
    group by 1
),

-- A week without a return is a row as well: without it every mean would be too high.
weeks as (
    select
        cohort_sizes.site_id,
        cohort_sizes.cohort_week_date,
        cohort_sizes.cohort_user_count,
        calendar.calendar_date as week_date,
        cast(row_number() over (
            partition by cohort_sizes.site_id, cohort_sizes.cohort_week_date
            order by calendar.calendar_date
        ) - 1 as bigint) as weeks_since_first
    from cohort_sizes
    inner join latest on cohort_sizes.site_id = latest.site_id
    inner join calendar
        on
            calendar.calendar_date between cohort_sizes.cohort_week_date and latest.latest_week_date
            and calendar.calendar_date = cast({{ dbt.date_trunc("week", "calendar.calendar_date") }} as date)
),

active as (
    select
        user_weeks.site_id,
        cohorts.cohort_week_date,
        user_weeks.week_date,
        count(*) as active_user_count
    from user_weeks
    inner join cohorts on user_weeks.user_key = cohorts.user_key
    group by 1, 2, 3
),

final as (
    select
        weeks.site_id,
        weeks.cohort_week_date,
        weeks.week_date,
        weeks.weeks_since_first,
        weeks.cohort_user_count,
        coalesce(active.active_user_count, 0) as active_user_count,
        cast(coalesce(active.active_user_count, 0) as double) / weeks.cohort_user_count as retention_ratio
    from weeks
    left join active
        on
            weeks.site_id = active.site_id
            and weeks.cohort_week_date = active.cohort_week_date
            and weeks.week_date = active.week_date
)

select * from final
