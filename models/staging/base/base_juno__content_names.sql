-- Names of each page in the records of each report, with what happened there.
-- Grain: one row per report, content, name and slug.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

events as (
    select * from {{ ref('base_juno__events') }}
),

content_names as (
    select * from {{ source('raw', 'content_names') }}
),

-- By their ids: there are far fewer names than records to take blanks off.
seen as (
    select
        report_records.report_id,
        report_records.site_id,
        report_records.download_number,
        report_records.content_name_id,
        cast(min(events.occurred_at) as timestamp) as first_occurred_at,
        cast(max(events.occurred_at) as timestamp) as last_occurred_at,
        count(*) filter (where events.activity_family = 'session_events') as session_event_count,
        count(*) filter (where events.activity_family = 'track_events') as track_event_count,
        count(*) filter (where events.activity_family = 'video_events') as video_event_count
    from report_records
    inner join events on report_records.event_id = events.event_id
    group by 1, 2, 3, 4
),

cleaned as (
    select
        seen.report_id,
        seen.site_id,
        seen.download_number,
        {{ cleaned_id('content_names.content_id') }} as content_id,
        {{ cleaned_field('content_names.content_name') }} as content_name,
        {{ cleaned_field('content_names.content_slug') }} as content_slug,
        seen.first_occurred_at,
        seen.last_occurred_at,
        seen.session_event_count,
        seen.track_event_count,
        seen.video_event_count
    from seen
    inner join content_names on seen.content_name_id = content_names.content_name_id
),

final as (
    select
        report_id,
        site_id,
        download_number,
        content_id,
        content_name,
        content_slug,
        min(first_occurred_at) as first_occurred_at,
        max(last_occurred_at) as last_occurred_at,
        cast(sum(session_event_count) as bigint) as session_event_count,
        cast(sum(track_event_count) as bigint) as track_event_count,
        cast(sum(video_event_count) as bigint) as video_event_count
    from cleaned
    where content_id is not null
    group by 1, 2, 3, 4, 5, 6
)

select * from final
