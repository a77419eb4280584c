-- Contents and courses that users completed. The guide shows no record of them: they come in by a
-- site's own aliases.
-- Grain: one row per completion.

with activities as (
    {{ family_activities('completions') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as completed_name,
        report_id,
        record_number
    from activities
)

select * from final
