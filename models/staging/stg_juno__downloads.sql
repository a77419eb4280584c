-- Resources and analytics reports that users downloaded.
-- Grain: one row per download.

with activities as (
    {{ family_activities('downloads') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as downloaded_title,
        report_id,
        record_number
    from activities
)

select * from final
