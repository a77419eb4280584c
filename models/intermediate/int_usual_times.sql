-- The times between which nearly all activities of a site lie. An activity outside is real as a rule, such as an
-- account that was created years ago, and may have a wrong date.
-- Grain: one row per site with an activity.

with activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate
),

days as (
    select
        site_id,
        {{ dbt.date_trunc('day', 'occurred_at') }} as day_at,
        count(*) as activity_count
    from activities
    group by 1, 2
),

counted as (
    select
        site_id,
        day_at,
        sum(activity_count) over (partition by site_id order by day_at) as reached_count,
        sum(activity_count) over (partition by site_id) as site_count
    from days
),

quartiles as (
    select
        site_id,
        min(day_at) filter (where 4 * reached_count >= site_count) as first_quartile_at,
        min(day_at) filter (where 4 * reached_count >= 3 * site_count) as third_quartile_at
    from counted
    group by 1
),

-- As far outside as three times the middle half of all activities, and at least the days of the setting.
spread as (
    select
        *,
        greatest(
            3 * {{ seconds_between('first_quartile_at', 'third_quartile_at') }},
            86400 * {{ var('outlier_days') }}
        ) as spread_seconds
    from quartiles
),

final as (
    select
        site_id,
        {{ add_seconds('first_quartile_at', '-spread_seconds') }} as first_usual_at,
        {{ add_seconds('third_quartile_at', 'spread_seconds') }} as last_usual_at
    from spread
)

select * from final
