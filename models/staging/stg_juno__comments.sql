-- Comments that users left in the comments section of a content page.
-- Grain: one row per comment.

with activities as (
    {{ family_activities('comments') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as comment_text,
        report_id,
        record_number
    from activities
)

select * from final
