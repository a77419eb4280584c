-- Duplicates of each report, counted by the report that holds the unique record.
-- Grain: one row per report and report that holds the unique records.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

event_downloads as {{ not_materialized() }} (
    select * from {{ ref('base_juno__event_downloads') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

repeated_records as (
    select * from {{ ref('base_juno__repeated_records') }}
),

counted as (
    select
        site_id,
        last_report_id,
        first_download_number,
        last_download_number,
        count(*) as event_count
    from event_downloads
    where is_in_each
    group by 1, 2, 3, 4
),

duplicates as (
    select
        reports.report_id,
        counted.last_report_id as unique_report_id,
        counted.event_count as record_count
    from counted
    inner join reports
        on
            counted.site_id = reports.site_id
            and counted.first_download_number <= reports.download_number
            and counted.last_download_number > reports.download_number
    union all
    select
        report_records.report_id,
        event_downloads.last_report_id as unique_report_id,
        1 as record_count
    from report_records
    inner join event_downloads on report_records.event_id = event_downloads.event_id
    where not event_downloads.is_in_each and report_records.report_id <> event_downloads.last_report_id
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
