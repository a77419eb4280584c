-- Clicks on a piece of content from a module or the schedule, and whether the user then got there.
-- Grain: one row per click on a content.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with content_clicks as (
    select * from {{ ref('stg_juno__content_clicks') }}
),

activities as (
    select * from {{ ref('fct_activities') }}
    where activity_type in ('content_viewed', 'session_joined') and user_key is not null and content_key is not null
),

content_slugs as (
    select * from {{ ref('int_content_slugs') }}
),

clicks as (
    select
        content_clicks.activity_key,
        content_clicks.site_id || ':' || content_clicks.user_id as user_key,
        content_clicks.site_id || ':' || content_clicks.content_id as content_key,
        content_slugs.site_id || ':' || content_slugs.content_id as target_content_key,
        content_clicks.site_id,
        content_clicks.user_id,
        content_clicks.content_id,
        content_clicks.click_source,
        content_clicks.target_slug,
        coalesce(content_slugs.is_private_meeting, false) as is_private_meeting,
        content_clicks.occurred_at,
        content_clicks.report_id,
        content_clicks.record_number
    from content_clicks
    left join content_slugs
        on content_clicks.site_id = content_slugs.site_id and content_clicks.target_slug = content_slugs.content_slug
),

-- Only visits to what the user clicked: most are of other pages, and a window sorts each of its rows.
clicks_and_visits as (
    select
        activity_key,
        user_key,
        target_content_key,
        occurred_at,
        cast(null as timestamp) as visited_at
    from clicks
    where user_key is not null and target_content_key is not null
    union all
    select
        null as activity_key,
        user_key,
        content_key as target_content_key,
        occurred_at,
        occurred_at as visited_at
    from activities
    where
        exists (
            select 1 from clicks
            where activities.user_key = clicks.user_key and activities.content_key = clicks.target_content_key
        )
),

followed as (
    select
        activity_key,
        min(visited_at) over (
            partition by user_key, target_content_key
            order by occurred_at
            range between current row and interval '{{ var("click_follow_minutes") }} minutes' following
        ) as next_visited_at
    from clicks_and_visits
),

final as (
    select
        clicks.activity_key,
        clicks.user_key,
        clicks.content_key,
        clicks.target_content_key,
        clicks.site_id,
        clicks.user_id,
        clicks.content_id,
        clicks.click_source,
        case
            when
                not clicks.is_private_meeting
                and (clicks.target_content_key is not null or not {{ is_personal_slug("clicks.target_slug") }})
                then clicks.target_slug
        end as target_slug,
        clicks.target_slug is not null and clicks.target_content_key is null as is_target_unresolved,
        case
            when clicks.user_key is not null and clicks.target_content_key is not null
                then followed.next_visited_at is not null
        end as is_followed_by_view,
        clicks.occurred_at,
        {{ local_date('clicks.occurred_at') }} as occurred_date,
        {{ seconds_between('clicks.occurred_at', 'followed.next_visited_at') }} as seconds_to_view,
        clicks.report_id,
        clicks.record_number
    from clicks
    left join followed on clicks.activity_key = followed.activity_key
)

select * from final
