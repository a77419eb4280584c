-- Activities of each user on each day, counted by family.
-- Grain: one row per site, user and date (in the reporting zone) with an activity.

with activities as (
    select * from {{ ref('fct_activities') }}
    where user_id is not null
),

-- By the ids, which are shorter than the keys that are made of them.
counted as (
    select
        site_id,
        user_id,
        occurred_date,
        count(*) as activity_count,
        count(distinct content_id) as unique_content_count,
        {{ family_counts() }}
    from activities
    group by 1, 2, 3
),

final as (
    select
        site_id || ':' || user_id as user_key,
        site_id,
        user_id,
        occurred_date as activity_date,
        activity_count,
        unique_content_count,
        {{ present_family_count() }} as activity_family_count,
        {%- for family in activity_families() %}
        {{ family }}_count{% if not loop.last %},{% endif %}
        {%- endfor %}
    from counted
)

select * from final
