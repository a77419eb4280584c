-- Clicks on a piece of content from a module or the schedule, and whether the user then got there.
-- Grain: one row per click on a content.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with content_clicks as (
    select * from {{ ref('stg_juno__content_clicks') }}
),

content_views as (
    select * from {{ ref('stg_juno__content_views') }}
    where user_id is not null and content_id is not null
),

joins as (
    select * from {{ ref('stg_juno__session_events') }}
    where session_event = 'joined' and user_id is not null and content_id is not null
),

content_slugs as (
    select * from {{ ref('int_content_slugs') }}
),

clicks as (
    select
        content_clicks.activity_key,
        content_clicks.site_id,
        content_clicks.user_id,
        content_clicks.content_id,
        content_slugs.content_id as target_content_id,
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
        *,
        cast(null as timestamp) as visited_at
    from clicks
    {%- for visits in ['content_views', 'joins'] %}
    union all
    select
        null as activity_key,
        site_id,
        user_id,
        null as content_id,
        content_id as target_content_id,
        null as click_source,
        null as target_slug,
        false as is_private_meeting,
        occurred_at,
        null as report_id,
        null as record_number,
        occurred_at as visited_at
    from {{ visits }}
    where
        exists (
            select 1 from clicks
            where
                {{ visits }}.site_id = clicks.site_id
                and {{ visits }}.user_id = clicks.user_id
                and {{ visits }}.content_id = clicks.target_content_id
        )
    {%- endfor %}
),

followed as (
    select
        *,
        min(visited_at) over (
            partition by site_id, user_id, target_content_id
            order by occurred_at
            range between current row and interval '{{ var("click_follow_minutes") }} minutes' following
        ) as next_visited_at
    from clicks_and_visits
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id || ':' || target_content_id as target_content_key,
        site_id,
        user_id,
        content_id,
        click_source,
        case
            when not is_private_meeting and (target_content_id is not null or not {{ is_personal_slug("target_slug") }})
                then target_slug
        end as target_slug,
        target_slug is not null and target_content_id is null as is_target_unresolved,
        case when user_id is not null and target_content_id is not null then next_visited_at is not null end
            as is_followed_by_view,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        {{ seconds_between('occurred_at', 'next_visited_at') }} as seconds_to_view,
        report_id,
        record_number
    from followed
    where activity_key is not null
)

select * from final
