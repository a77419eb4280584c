-- Topics that users began to follow. The guide shows no record of them: they come in by a site's
-- own aliases.
-- Grain: one row per topic followed.

with activities as (
    {{ family_activities('topic_follows') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as topic_name,
        report_id,
        record_number
    from activities
)

select * from final
