-- What a user can do, as the guide tells it, with how well each is known.
-- Grain: one row per activity type.

with activity_types as (
    select * from {{ ref('activity_types') }}
),

final as (
    select
        activity_type,
        activity_family,
        activity_name,
        meaning,
        evidence,
        dynamic_column,
        is_label_personal,
        is_label_free_text,
        is_presence_evidence,
        point_rule_key
    from activity_types
)

select * from final
