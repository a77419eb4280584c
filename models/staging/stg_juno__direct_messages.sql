-- Messages from one user to another. The guide shows no record of them: they come in by a site's
-- own aliases.
-- Grain: one row per direct message.

with activities as (
    {{ family_activities('direct_messages') }}
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
