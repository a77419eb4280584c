-- Activities on each content page on each day: unique people, and a count by family.
-- Grain: one row per site, content and date (in the reporting zone) with an activity.

with activities as (
    select * from {{ ref('fct_activities') }}
    where content_key is not null
),

final as (
    select
        content_key,
        site_id,
        content_id,
        occurred_date as activity_date,
        count(*) as activity_count,
        count(distinct user_key) as unique_user_count,
        count(*) filter (where user_key is null) as anonymous_activity_count,
        {{ family_counts() }}
    from activities
    group by 1, 2, 3, 4
)

select * from final
