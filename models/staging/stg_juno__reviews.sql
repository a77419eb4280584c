-- Reviews that users left on a content page: stars in the category or the action, a text in the label.
-- Grain: one row per review activity.

with activities as (
    {{ family_activities('reviews') }}
),

parsed as (
    select
        *,
        coalesce(
            {{ star_number("category", var("review_star_maximum")) }},
            {{ star_number("action", var("review_star_maximum")) }}
        ) as star_count
    from activities
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        star_count,
        label as review_text,
        star_count is null as is_star_count_unparsed,
        category,
        report_id,
        record_number
    from parsed
)

select * from final
