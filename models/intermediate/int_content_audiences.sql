-- Activities of each user on each content page, and off any page.
-- Grain: one row per site, user and content; anonymous activities share a row without user, those off a page one
-- without content.

with activities as (
    select * from {{ ref('fct_activities') }}
),

engagement_parts as (
    select * from {{ ref('engagement_parts') }}
),

content_kinds as (
    select * from {{ ref('int_content_kinds') }}
),

-- A page with several sessions counts as its first one.
sessions as (
    select * from {{ ref('int_sessions') }}
    where content_id is not null and occurrence_number = 1
),

pages as (
    select
        content_kinds.site_id,
        content_kinds.content_id,
        content_kinds.content_kind in ('on_demand', 'course') as is_on_demand,
        case when content_kinds.content_kind = 'session' then sessions.ended_at end as session_ended_at
    from content_kinds
    left join sessions on content_kinds.site_id = sessions.site_id and content_kinds.content_id = sessions.content_id
),

-- A page of a session is looked at on demand once the session is over; pages of videos and courses always are.
-- Pages are few. The hint, a comment to DuckDB, has Spark copy them to every task: else it brings all that was done on
-- a page into one task for the join, and leaves it there for the groups (24 % of the records of a test).
placed_activities as (
    select /*+ broadcast(pages) */
        activities.*,
        engagement_parts.engagement_part,
        activities.activity_type in ('content_viewed', 'video_watched', 'video_progressed')
        and coalesce(pages.is_on_demand or activities.occurred_at > pages.session_ended_at, false) as is_on_demand
    from activities
    left join engagement_parts on activities.activity_type = engagement_parts.activity_type
    left join pages on activities.site_id = pages.site_id and activities.content_id = pages.content_id
),

final as (
    select
        user_key,
        content_key,
        site_id,
        count(*) as activity_count,
        {%- for part in engagement_activity_parts() %}
        count(*) filter (where engagement_part = '{{ part }}') as {{ part }}_count,
        {%- endfor %}
        count(*) filter (where activity_type = 'content_viewed') as view_count,
        count(*) filter (where activity_type = 'content_liked') as like_count,
        count(*) filter (where activity_type = 'resource_downloaded') as download_count,
        count(*) filter (where is_on_demand) as on_demand_count
    from placed_activities
    group by 1, 2, 3
)

select * from final
