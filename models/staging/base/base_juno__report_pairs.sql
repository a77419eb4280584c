-- Which categories and actions each report holds, what they mean, and in how many records.
-- Grain: one row per report, category, action, activity type and evidence.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

events as (
    select * from {{ ref('base_juno__events') }}
),

final as (
    select
        report_records.report_id,
        report_records.site_id,
        events.category,
        events.action,
        events.activity_type,
        events.alias_evidence,
        count(*) as record_count
    from report_records
    inner join events on report_records.event_id = events.event_id
    group by 1, 2, 3, 4, 5, 6
)

select * from final
