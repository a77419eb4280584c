-- Duplicates of each report, counted by the report that holds the unique record.
-- Grain: one row per report and report that holds the unique records.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

repeated_events as (
    select * from {{ ref('base_juno__repeated_events') }}
),

repeated_records as (
    select * from {{ ref('base_juno__repeated_records') }}
),

activity_records as (
    select * from {{ ref('base_juno__activity_records') }}
),

-- A left join, and unique records left out by counting the others: so DuckDB keeps the activities in memory for the
-- join, and not the records, which are many more.
counted as (
    select
        report_records.report_id,
        activity_records.report_id as unique_report_id,
        count(*) filter (where report_records.report_id <> activity_records.report_id) as record_count
    from report_records
    left join activity_records on report_records.event_id = activity_records.event_id
    where report_records.event_id not in (select repeated_events.event_id from repeated_events)
    group by 1, 2
),

duplicates as (
    select
        report_id,
        unique_report_id,
        record_count
    from counted
    where record_count > 0
    union all
    select
        report_id,
        unique_report_id,
        1 as record_count
    from repeated_records
    where is_duplicate
),

final as (
    select
        report_id,
        unique_report_id,
        cast(sum(record_count) as bigint) as duplicate_count
    from duplicates
    group by 1, 2
)

select * from final
