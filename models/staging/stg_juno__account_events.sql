-- Changes of users' accounts: created, saved the profile, changed the photo, logged in.
-- Grain: one row per such activity.

with activities as (
    {{ family_activities('account_events') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        case when activity_type = 'details_updated' then label end as profile_name,
        report_id,
        record_number
    from activities
)

select * from final
