-- Emoji reactions that users sent in a live session. Known from the User Activity Exporter only.
-- Grain: one row per emoji reaction.

with activities as (
    {{ family_activities('reactions') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as emoji_name,
        report_id,
        record_number
    from activities
)

select * from final
