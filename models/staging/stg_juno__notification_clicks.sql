-- Notifications that users clicked.
-- Grain: one row per click on a notification.

with activities as (
    {{ family_activities('notification_clicks') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as notification_text,
        report_id,
        record_number
    from activities
)

select * from final
