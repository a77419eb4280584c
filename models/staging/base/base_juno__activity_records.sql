-- The unique record of each activity: that of the newest download, because its names are the newest.
-- Grain: one row per activity, and one per event that is the unique record of none (is_duplicate).
-- Only numbers: what the records say is in base_juno__events, and base_juno__activities puts both together.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

repeated_events as (
    select * from {{ ref('base_juno__repeated_events') }}
),

repeated_records as (
    select * from {{ ref('base_juno__repeated_records') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

newest as (
    select
        event_id,
        max(site_id) as site_id,
        max(download_number) as download_number,
        max_by(record_number, download_number) as record_number,
        max_by(content_name_id, download_number) as content_name_id,
        min(download_number) as first_download_number,
        count(*) as download_count
    from report_records
    group by 1
),

repeated_uniques as (
    select * from repeated_records
    where not is_duplicate
),

others as (
    select
        newest.event_id,
        reports.report_id,
        newest.record_number,
        newest.content_name_id,
        newest.site_id,
        newest.first_download_number,
        newest.download_count
    from newest
    inner join reports
        on newest.site_id = reports.site_id and newest.download_number = reports.download_number
    where newest.event_id not in (select repeated_uniques.event_id from repeated_uniques)
),

found as (
    select
        event_id,
        occurrence_number,
        false as is_duplicate,
        report_id,
        record_number,
        content_name_id,
        site_id,
        first_download_number,
        download_count
    from repeated_uniques
    union all
    -- An event that is alone with its identity is an activity. One of several without a unique record is none.
    select
        event_id,
        cast(1 as bigint) as occurrence_number,
        event_id in (select repeated_events.event_id from repeated_events) as is_duplicate,
        report_id,
        record_number,
        content_name_id,
        site_id,
        first_download_number,
        download_count
    from others
),

final as (
    select * from found
    {{ in_order_of('event_id') }}
)

select * from final
