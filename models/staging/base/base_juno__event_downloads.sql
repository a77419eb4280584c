-- The first and the last download that hold each event that is alone with its identity, and whether all between do.
-- Grain: one row per event.
-- Downloads hold nearly all of those before them, so that what is asked of each record of each report can be asked of
-- each event once, and counted for the downloads from the first to the last.

{{ config(materialized='view') }}

with activity_records as (
    select * from {{ ref('base_juno__activity_records') }}
),

repeated_events as (
    select * from {{ ref('base_juno__repeated_events') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

final as (
    select
        activity_records.event_id,
        activity_records.site_id,
        activity_records.report_id as last_report_id,
        activity_records.first_download_number,
        reports.download_number as last_download_number,
        -- No download holds an event twice.
        activity_records.download_count
        = reports.download_number - activity_records.first_download_number + 1 as is_in_each
    from activity_records
    inner join reports on activity_records.report_id = reports.report_id
    where activity_records.event_id not in (select repeated_events.event_id from repeated_events)
)

select * from final
