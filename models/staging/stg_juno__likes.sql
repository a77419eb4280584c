-- Contents that users marked with the Like button.
-- Grain: one row per press of the Like button.

with activities as (
    {{ family_activities('likes') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as liked_name,
        report_id,
        record_number
    from activities
)

select * from final
