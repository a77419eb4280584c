-- Which report holds which event at which place, and how it calls the user and the page.
-- Grain: one row per landed record.

{{ config(materialized='view') }}

with report_records as (
    select * from {{ source('raw', 'report_records') }}
),

report_numbers as (
    select * from {{ source('raw', 'report_numbers') }}
),

records as (
    select * from {{ source('raw', 'records') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

final as (
    select
        reports.report_id,
        reports.site_id,
        reports.download_number,
        report_records.record_number,
        records.event_id,
        records.user_name_id,
        records.content_name_id
    from report_records
    inner join report_numbers on report_records.report_number = report_numbers.report_number
    inner join reports on report_numbers.report_id = reports.report_id
    inner join records on report_records.record_id = records.record_id
)

select * from final
