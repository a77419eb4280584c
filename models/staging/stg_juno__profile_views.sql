-- Profiles of other users that users opened, from the leaderboard or elsewhere.
-- Grain: one row per view of another user's profile.

with activities as (
    {{ family_activities('profile_views') }}
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
        case
            when activity_type = 'leaderboard_user_viewed' then 'leaderboard' else 'elsewhere'
        end as viewed_from,
        activity_type = 'full_profile_viewed' as is_full_profile,
        report_id,
        record_number
    from activities
)

select * from final
