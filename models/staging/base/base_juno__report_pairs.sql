-- Which categories and actions each report holds, what they mean, and in how many records.
-- Grain: one row per report, category, action, activity type and evidence.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

-- Not kept, nor the downloads: each is read as a whole once, and then a few events of it.
events as {{ not_materialized() }} (
    select * from {{ ref('base_juno__events') }}
),

event_downloads as {{ not_materialized() }} (
    select * from {{ ref('base_juno__event_downloads') }}
),

repeated_events as (
    select * from {{ ref('base_juno__repeated_events') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

of_each_download as (
    select
        event_downloads.site_id,
        event_downloads.first_download_number,
        event_downloads.last_download_number,
        events.category,
        events.action,
        events.activity_type,
        events.alias_evidence,
        count(*) as record_count
    from event_downloads
    inner join events on event_downloads.event_id = events.event_id
    where event_downloads.is_in_each
    group by 1, 2, 3, 4, 5, 6, 7
),

other_events as (
    select event_id from event_downloads
    where not is_in_each
    union all
    select event_id from repeated_events
),

counted as (
    select
        reports.report_id,
        reports.site_id,
        of_each_download.category,
        of_each_download.action,
        of_each_download.activity_type,
        of_each_download.alias_evidence,
        of_each_download.record_count
    from of_each_download
    inner join reports
        on
            of_each_download.site_id = reports.site_id
            and reports.download_number
            between of_each_download.first_download_number and of_each_download.last_download_number
    union all
    select
        report_records.report_id,
        report_records.site_id,
        events.category,
        events.action,
        events.activity_type,
        events.alias_evidence,
        1 as record_count
    from other_events
    inner join report_records on other_events.event_id = report_records.event_id
    inner join events on other_events.event_id = events.event_id
),

final as (
    select
        report_id,
        site_id,
        category,
        action,
        activity_type,
        alias_evidence,
        cast(sum(record_count) as bigint) as record_count
    from counted
    group by 1, 2, 3, 4, 5, 6
)

select * from final
