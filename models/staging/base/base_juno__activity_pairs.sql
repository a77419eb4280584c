-- The distinct categories and actions in the reports, by what their labels show: all that matching looks at.
-- Grain: one row per site, category, action and label shape, as written in the reports.

with activities as (
    select * from {{ source('raw', 'activities') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

final as (
    select
        reports.site_id,
        activities.category,
        activities.action,
        {{ label_shape('activities.label') }} as label_shape,
        count(*) as record_count
    from activities
    inner join reports on activities.report_id = reports.report_id
    group by 1, 2, 3, 4
)

select * from final
