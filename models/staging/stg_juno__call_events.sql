-- Talk Now calls: requested by one user, accepted by another or canceled.
-- Grain: one row per step of a call.

with activities as (
    {{ family_activities('call_events') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        replace(activity_type, 'call_', '') as call_status,
        report_id,
        record_number
    from activities
)

select * from final
