-- Activities whose category and action match no alias, in the words of the report: nothing
-- vanishes.
-- Grain: one row per activity that is not recognised.

with activities as (
    {{ family_activities('unrecognised') }}
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
