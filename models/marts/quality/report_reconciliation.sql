-- What became of every record of every report: nothing is lost and nothing counts twice.
-- Grain: one row per landed report.

with reports as (
    select * from {{ ref('base_juno__reports') }}
),

landed_records as (
    select * from {{ source('raw', 'activities') }}
),

rejected_records as (
    select * from {{ source('raw', 'rejected_records') }}
),

base_activities as (
    select * from {{ ref('base_juno__activities') }}
),

activities as (
    select * from {{ ref('fct_activities') }}
),

landed as (
    select
        report_id,
        count(*) as landed_count
    from landed_records
    group by 1
),

rejected as (
    select
        report_id,
        count(*) as rejected_count
    from rejected_records
    group by 1
),

unique_records as (
    select
        report_id,
        count(*) as unique_count,
        count(*) filter (where activity_type <> 'unrecognised') as recognised_count,
        count(*) filter (where activity_type = 'unrecognised') as unrecognised_count
    from activities
    group by 1
),

duplicates as (
    select
        report_id,
        unique_report_id,
        count(*) as duplicate_count
    from base_activities
    where is_duplicate
    group by 1, 2
),

doubled as (
    select
        duplicates.report_id,
        cast(sum(duplicates.duplicate_count) as bigint) as duplicate_count,
        {{ dbt.listagg("reports.file_name", "', '", "order by reports.file_name") }} as unique_in_file_names
    from duplicates
    inner join reports on duplicates.unique_report_id = reports.report_id
    group by 1
),

-- Each count is taken where the records lie, and not from what the loader or another model says of them.
counted as (
    select
        reports.report_id,
        reports.site_id,
        reports.file_name,
        reports.first_occurred_at,
        reports.last_occurred_at,
        reports.loaded_at,
        reports.record_count,
        coalesce(landed.landed_count, 0) as landed_count,
        coalesce(rejected.rejected_count, 0) as rejected_count,
        coalesce(unique_records.unique_count, 0) as unique_count,
        coalesce(doubled.duplicate_count, 0) as duplicate_count,
        doubled.unique_in_file_names,
        coalesce(unique_records.recognised_count, 0) as recognised_count,
        coalesce(unique_records.unrecognised_count, 0) as unrecognised_count
    from reports
    left join landed on reports.report_id = landed.report_id
    left join rejected on reports.report_id = rejected.report_id
    left join unique_records on reports.report_id = unique_records.report_id
    left join doubled on reports.report_id = doubled.report_id
),

final as (
    select
        report_id,
        site_id,
        file_name,
        first_occurred_at,
        last_occurred_at,
        loaded_at,
        record_count,
        landed_count,
        rejected_count,
        unique_count,
        duplicate_count,
        unique_in_file_names,
        recognised_count,
        unrecognised_count,
        record_count = landed_count + rejected_count
        and landed_count = unique_count + duplicate_count
        and unique_count = recognised_count + unrecognised_count as is_reconciled
    from counted
)

select * from final
