-- Legacy courses (tracks) that users started, and the lessons they went on to.
-- Grain: one row per track started or lesson gone on to.

with activities as (
    {{ family_activities('track_events') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        case when activity_type = 'track_started' then label end as track_name,
        case when activity_type = 'track_advanced' then label end as lesson_name,
        report_id,
        record_number
    from activities
)

select * from final
