-- The distinct categories and actions in the reports, by what their labels show: all that matching looks at.
-- Grain: one row per site, category, action and label shape, as written in the reports.

with events as (
    select * from {{ source('raw', 'events') }}
),

-- Labels are far fewer than events, and to look at one costs much.
labels as (
    select
        site_id,
        category,
        action,
        label,
        count(*) as record_count
    from events
    group by 1, 2, 3, 4
),

final as (
    select
        site_id,
        category,
        action,
        {{ label_shape('label') }} as label_shape,
        cast(sum(record_count) as bigint) as record_count
    from labels
    group by 1, 2, 3, 4
)

select * from final
