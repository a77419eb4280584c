-- Activities on each content page on each day: unique people, and a count by family.
-- Grain: one row per site, content and date (in the reporting zone) with an activity.

with activities as (
    select * from {{ ref('fct_activities') }}
    where content_id is not null
),

-- By the ids, which are shorter than the keys that are made of them.
final as (
    select
        site_id || ':' || content_id as content_key,
        site_id,
        content_id,
        occurred_date as activity_date,
        count(*) as activity_count,
        count(distinct user_id) as unique_user_count,
        count(*) filter (where user_id is null) as anonymous_activity_count,
        {{ family_counts() }}
    from activities
    group by site_id, content_id, occurred_date
)

select * from final
