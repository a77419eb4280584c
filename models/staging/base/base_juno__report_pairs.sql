-- Which categories and actions each report holds, what they mean, and in how many records.
-- Grain: one row per report, category, action, activity type and evidence.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

events as (
    select * from {{ ref('base_juno__events') }}
),

event_downloads as (
    select * from {{ ref('base_juno__event_downloads') }}
    where is_in_each
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
    group by 1, 2, 3, 4, 5, 6, 7
),

other_events as (
    select * from events
    where event_id not in (select event_downloads.event_id from event_downloads)
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
        other_events.category,
        other_events.action,
        other_events.activity_type,
        other_events.alias_evidence,
        1 as record_count
    from report_records
    inner join other_events on report_records.event_id = other_events.event_id
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
