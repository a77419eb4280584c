-- Content pages with each name and slug that a download gives to them, and what was seen there.
-- Grain: one row per site, content, download, name and slug.

-- An old name is often told by an older download only, so the records that are duplicates tell names too.
with activities as (
    select * from {{ ref('base_juno__activities') }}
    where content_id is not null
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

told as (
    select
        site_id,
        content_id,
        report_id,
        content_name,
        content_slug,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at,
        count(*) filter (where activity_family = 'session_events') as session_event_count,
        count(*) filter (where activity_family = 'track_events') as track_event_count,
        count(*) filter (where activity_family = 'video_events') as video_event_count,
        count(*) filter (where not is_duplicate) as activity_count
    from activities
    group by 1, 2, 3, 4, 5
),

final as (
    select
        told.site_id,
        told.content_id,
        reports.download_number,
        told.content_name,
        told.content_slug,
        told.first_occurred_at,
        told.last_occurred_at,
        told.session_event_count,
        told.track_event_count,
        told.video_event_count,
        told.activity_count
    from told
    inner join reports on told.report_id = reports.report_id
)

select * from final
