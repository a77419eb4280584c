-- The kind of each content page, inferred because no report contains it.
-- Grain: one row per site and content.

with content_names as (
    select * from {{ ref('int_content_names') }}
),

exhibitors as (
    select distinct
        site_id,
        content_id
    from {{ ref('exhibitors') }}
),

-- If a page holds several sessions, one in the schedule goes before the first one.
sessions as (
    select
        site_id,
        content_id,
        min_by(
            session_type, (case when session_type_source = 'schedule' then 0 else 1 end, occurrence_number)
        ) as session_type,
        max(session_type_source) as session_type_source
    from {{ ref('int_sessions') }}
    where content_id is not null
    group by 1, 2
),

content as (
    select
        site_id,
        content_id,
        sum(session_event_count) as session_event_count,
        sum(track_event_count) as track_event_count,
        sum(video_event_count) as video_event_count
    from content_names
    group by 1, 2
),

-- The seeds of the site's owner come first, then activities that happen on one kind of page only.
evident as (
    select
        content.site_id,
        content.content_id,
        case
            when exhibitors.content_id is not null then 'exhibitors'
            when sessions.session_type_source = 'schedule' then 'session_schedule'
            when content.session_event_count > 0 then 'session_events'
            when content.track_event_count > 0 then 'track_events'
            when content.video_event_count > 0 then 'video_events'
            else 'none'
        end as content_kind_evidence,
        sessions.session_type
    from content
    left join exhibitors on content.site_id = exhibitors.site_id and content.content_id = exhibitors.content_id
    left join sessions on content.site_id = sessions.site_id and content.content_id = sessions.content_id
),

final as (
    select
        site_id,
        content_id,
        case content_kind_evidence
            when 'exhibitors' then 'exhibitor'
            when 'session_schedule' then session_type
            when 'session_events' then coalesce(session_type, 'session')
            when 'track_events' then 'course'
            when 'video_events' then 'on_demand'
            else 'other'
        end as content_kind,
        content_kind_evidence
    from evident
)

select * from final
