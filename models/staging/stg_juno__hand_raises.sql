-- Hands raised and lowered: requests to speak in a live session, and their cancellations.
-- Grain: one row per hand raised or lowered.

with activities as (
    {{ family_activities('hand_raises') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        activity_type = 'hand_raised' as is_raised,
        report_id,
        record_number
    from activities
)

select * from final
