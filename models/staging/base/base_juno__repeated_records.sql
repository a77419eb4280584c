-- The records of activities with several events: which record is the unique one of each, and which are duplicates.
-- Grain: one row per landed record of such an activity.
-- A view: of each such event there is a row for every report that holds it, and two models read them.

{{ config(materialized='view') }}

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

repeated_events as (
    select * from {{ ref('base_juno__repeated_events') }}
),

-- Two equal records inside one file are two activities, so they are numbered.
numbered as (
    select
        repeated_events.first_event_id,
        report_records.*,
        row_number() over (
            partition by repeated_events.first_event_id, report_records.download_number
            order by report_records.record_number
        ) as occurrence_number
    from report_records
    inner join repeated_events on report_records.event_id = repeated_events.event_id
),

-- The same activity in several files is one: the newest download keeps it, for its names are the newest. So of an
-- activity the largest count that any one file holds is kept.
ranked as (
    select
        *,
        row_number() over copies as newness,
        first_value(report_id) over copies as unique_report_id,
        count(*) over occurrences as download_count,
        min(download_number) over occurrences as first_download_number
    from numbered
    window
        occurrences as (partition by first_event_id, occurrence_number),
        copies as (partition by first_event_id, occurrence_number order by download_number desc)
),

final as (
    select
        event_id,
        cast(occurrence_number as bigint) as occurrence_number,
        newness > 1 as is_duplicate,
        site_id,
        report_id,
        record_number,
        content_name_id,
        unique_report_id,
        first_download_number,
        download_count
    from ranked
)

select * from final
