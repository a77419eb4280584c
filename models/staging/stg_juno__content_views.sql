-- Content pages that users viewed. A live session is no view: it gives Joined instead.
-- Grain: one row per view of a content.

with activities as (
    {{ family_activities('content_views') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as viewed_name,
        report_id,
        record_number
    from activities
)

select * from final
