-- Activities on the platform itself rather than on a content: accounts, profiles, dialogs, the leaderboard, a site's
-- own.
-- Grain: one row per activity.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

{%- set families = ['account_events', 'dialog_openings', 'leaderboard_views', 'other_activities'] %}

with platform_events as (
    {%- for family in families %}
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type as platform_event,
        {{ 'category' if family == 'other_activities' else 'null' }} as category,
        {{ 'action' if family == 'other_activities' else 'null' }} as action,
        occurred_at,
        report_id,
        record_number
    from {{ ref('stg_juno__' ~ family) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        platform_event,
        case when platform_event = 'other_activity' then category end as category,
        case when platform_event = 'other_activity' then action end as action,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        report_id,
        record_number
    from platform_events
)

select * from final
