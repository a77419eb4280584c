-- Texts that people wrote, and labels that name a person or a full address. Personal data.
-- Grain: one row per activity that has such a label.

with activities as (
    select * from {{ ref('base_juno__activities') }}
    -- The label of a session event is the name of the session; those that hold a person's are in meeting_names. The
    -- other three families hold most labels that are no texts: DuckDB would join them before it looks at the types.
    where
        not is_duplicate
        and label is not null
        and activity_family not in ('session_events', 'content_clicks', 'content_views', 'video_events')
),

text_types as (
    select * from {{ ref('activity_types') }}
    where is_label_personal or is_label_free_text
),

final as (
    select
        activities.activity_key,
        activities.site_id || ':' || activities.user_id as user_key,
        activities.site_id || ':' || activities.content_id as content_key,
        activities.site_id,
        activities.activity_type,
        activities.occurred_at,
        activities.label as activity_text
    from activities
    inner join text_types on activities.activity_type = text_types.activity_type
)

select * from final
