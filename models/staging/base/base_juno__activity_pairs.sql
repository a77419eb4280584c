-- The distinct categories and actions in the reports, by what their labels show: all that matching looks at.
-- Grain: one row per site, category, action and label shape, as written in the reports.

with events as (
    select * from {{ source('raw', 'events') }}
),

final as (
    select
        site_id,
        category,
        action,
        {{ label_shape('label') }} as label_shape,
        count(*) as record_count
    from events
    group by 1, 2, 3, 4
)

select * from final
