-- How far each user got in each video, as far as the log shows: the length of a video is in no report.
-- Grain: one row per site, user and content page with a video; what is off a content page is one row of each user.
-- The rules, and what they cannot know: answers_and_progress_rules.md in the folder above.

with video_events as (
    select * from {{ ref('stg_juno__video_events') }}
    where user_id is not null
),

videos as (
    select
        site_id,
        user_id,
        content_id,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        count(*) filter (where activity_type = 'video_watched') as watch_count,
        count(*) filter (where activity_type = 'video_progressed') as progress_count,
        count(*) filter (where is_progress_unparsed) as unparsed_count,
        count(*) filter (where is_progress_unparsed and activity_type = 'video_progressed') as unparsed_progress_count,
        case when content_id is not null then max(progress_ratio) end as furthest_ratio,
        case when content_id is not null then max(position_seconds) end as furthest_seconds
    from video_events
    group by 1, 2, 3
),

final as (
    select
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        case
            when furthest_ratio >= {{ var('video_completed_ratio') }} then true
            when furthest_ratio is not null and furthest_seconds is null and unparsed_progress_count = 0 then false
        end as is_completed,
        first_at,
        last_at,
        watch_count,
        progress_count,
        unparsed_count,
        furthest_ratio,
        furthest_seconds
    from videos
)

select * from final
