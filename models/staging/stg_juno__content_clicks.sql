-- Clicks on a piece of content: from where in the action, on what in the label.
-- Grain: one row per click on a content.

with activities as (
    {{ family_activities('content_clicks') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        nullif(action, '') as click_source,
        label as target_slug,
        report_id,
        record_number
    from activities
)

select * from final
