-- Activities that the guide does not name and that a site has named itself, in the words of the
-- report.
-- Grain: one row per activity that a site's own alias calls other_activity.

with activities as (
    {{ family_activities('other_activities') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        category,
        action,
        label,
        report_id,
        record_number
    from activities
)

select * from final
