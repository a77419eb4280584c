-- Content pages with each name and slug that a download gives to them, and what was seen there.
-- Grain: one row per site, content, download, name and slug.

-- An old name is often in an older download only, so names come from duplicates too.
with content_names as (
    select * from {{ ref('base_juno__content_names') }}
),

activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate and content_id is not null
),

counted as (
    select
        site_id,
        content_id,
        report_id,
        content_name,
        content_slug,
        count(*) as activity_count
    from activities
    group by 1, 2, 3, 4, 5
),

final as (
    select
        content_names.site_id,
        content_names.content_id,
        content_names.download_number,
        content_names.content_name,
        content_names.content_slug,
        content_names.first_occurred_at,
        content_names.last_occurred_at,
        content_names.session_event_count,
        content_names.track_event_count,
        content_names.video_event_count,
        coalesce(counted.activity_count, 0) as activity_count
    from content_names
    left join counted
        on
            content_names.report_id = counted.report_id
            and content_names.content_id = counted.content_id
            and coalesce(content_names.content_name, '') = coalesce(counted.content_name, '')
            and coalesce(content_names.content_slug, '') = coalesce(counted.content_slug, '')
)

select * from final
