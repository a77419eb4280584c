-- Schedules started and completed. Only a heading of the guide names them: what the label holds is
-- not known.
-- Grain: one row per schedule started or completed.

with activities as (
    {{ family_activities('schedule_events') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        activity_type = 'schedule_completed' as is_completed,
        label,
        report_id,
        record_number
    from activities
)

select * from final
