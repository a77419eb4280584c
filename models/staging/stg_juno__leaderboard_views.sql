-- Visits to the leaderboard.
-- Grain: one row per visit to the leaderboard.

with activities as (
    {{ family_activities('leaderboard_views') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        report_id,
        record_number
    from activities
)

select * from final
