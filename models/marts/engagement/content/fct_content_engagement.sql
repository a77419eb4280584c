-- The reach of each content page and the activities there: live and on demand, depth, likes, stars, replay.
-- Grain: one row per site and content.
-- The rules: engagement_rules.md in the folder above.

with content as (
    select * from {{ ref('dim_content') }}
),

audiences as (
    select * from {{ ref('int_content_audiences') }}
    where content_key is not null
),

attendance as (
    select * from {{ ref('fct_session_attendance') }}
    where content_key is not null
),

reviews as (
    select * from {{ ref('fct_reviews') }}
    where is_counted and content_key is not null
),

live as (
    select
        user_key,
        content_key,
        bool_or(is_attended) as is_attended,
        sum(likely_seconds) as likely_seconds
    from attendance
    group by 1, 2
),

-- One row per person and page; who only joined is there too, for Joined is an activity.
people as (
    select
        audiences.*,
        live.user_key is not null as is_live,
        coalesce(live.is_attended, false) as is_attended,
        live.likely_seconds,
        {%- set acted = [] %}
        {%- for part in engagement_activity_parts() if part not in ('browsing', 'learning') %}
        {%- do acted.append("audiences." ~ part ~ "_count") %}
        {%- endfor %}
        {{ acted | join(" + ") }} + audiences.download_count > 0 as has_acted
    from audiences
    left join live on audiences.user_key = live.user_key and audiences.content_key = live.content_key
),

reached as (
    select
        content_key,
        count(user_key) as unique_user_count,
        cast(sum(activity_count) as bigint) as activity_count,
        cast(sum(case when user_key is null then activity_count else 0 end) as bigint) as anonymous_activity_count,
        count(user_key) filter (where view_count > 0) as viewer_count,
        count(user_key) filter (where is_live) as live_user_count,
        count(user_key) filter (where is_attended) as attendee_count,
        count(user_key) filter (where on_demand_count > 0) as on_demand_user_count,
        count(user_key) filter (where is_live and on_demand_count > 0) as live_and_on_demand_user_count,
        count(user_key) filter (where has_acted) as acting_user_count,
        cast(sum(like_count) as bigint) as like_count,
        cast(sum(download_count) as bigint) as download_count,
        cast(sum(conversation_count) as bigint) as conversation_count,
        cast(sum(feedback_count) as bigint) as feedback_count,
        avg(likely_seconds) as average_likely_seconds
    from people
    group by 1
),

rated as (
    select
        content_key,
        count(star_count) as rating_count,
        avg(star_count) as average_stars
    from reviews
    group by 1
),

final as (
    select
        content.content_key,
        content.site_id,
        content.content_id,
        content.content_kind,
        reached.unique_user_count,
        reached.activity_count,
        reached.anonymous_activity_count,
        reached.viewer_count,
        reached.live_user_count,
        reached.attendee_count,
        reached.on_demand_user_count,
        reached.live_and_on_demand_user_count,
        reached.acting_user_count,
        cast(reached.acting_user_count as double) / nullif(reached.unique_user_count, 0) as acting_ratio,
        cast(reached.activity_count - reached.anonymous_activity_count as double) / nullif(reached.unique_user_count, 0)
            as activities_per_user,
        reached.average_likely_seconds,
        reached.like_count,
        reached.download_count,
        reached.conversation_count,
        reached.feedback_count,
        coalesce(rated.rating_count, 0) as rating_count,
        rated.average_stars,
        cast(reached.live_and_on_demand_user_count as double) / nullif(reached.live_user_count, 0) as replay_ratio
    from content
    inner join reached on content.content_key = reached.content_key
    left join rated on content.content_key = rated.content_key
)

select * from final
