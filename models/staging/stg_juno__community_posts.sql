-- Posts in forums and social feeds. The guide shows no record of them: they come in by a site's own
-- aliases.
-- Grain: one row per post.

with activities as (
    {{ family_activities('community_posts') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as post_text,
        report_id,
        record_number
    from activities
)

select * from final
