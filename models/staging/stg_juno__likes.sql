-- Contents and comments that users liked.
-- Grain: one row per like.

with activities as (
    {{ family_activities('likes') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        case when activity_type = 'content_liked' then label end as liked_name,
        case when activity_type = 'comment_liked' then label end as comment_text,
        report_id,
        record_number
    from activities
)

select * from final
