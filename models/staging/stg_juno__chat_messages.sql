-- Messages that users wrote in a chat panel, such as in a live session.
-- Grain: one row per chat message.

with activities as (
    {{ family_activities('chat_messages') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as message_text,
        report_id,
        record_number
    from activities
)

select * from final
