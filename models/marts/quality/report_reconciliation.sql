-- The outcome of every record of every report: nothing is lost and nothing counts twice.
-- Grain: one row per landed report.

with reports as (
    select * from {{ ref('base_juno__reports') }}
),

landed_records as (
    select * from {{ source('raw', 'report_records') }}
),

report_numbers as (
    select * from {{ source('raw', 'report_numbers') }}
),

rejected_records as (
    select * from {{ source('raw', 'rejected_records') }}
),

activity_records as (
    select * from {{ ref('base_juno__activity_records') }}
    where not is_duplicate
),

report_pairs as (
    select * from {{ ref('base_juno__report_pairs') }}
),

duplicates as (
    select * from {{ ref('base_juno__duplicates') }}
),

activities as (
    select * from {{ ref('fct_activities') }}
),

values_not_found as (
    select * from {{ ref('int_values_not_found') }}
),

landed as (
    select
        report_numbers.report_id,
        count(*) as landed_count
    from landed_records
    inner join report_numbers on landed_records.report_number = report_numbers.report_number
    group by 1
),

rejected as (
    select
        report_id,
        count(*) as rejected_count,
        count(*) filter (where kind in ('forgotten', 'names_forgotten')) as forgotten_count
    from rejected_records
    group by 1
),

unique_records as (
    select
        report_id,
        count(*) as unique_count,
        count(*) filter (where activity_type <> 'unrecognised') as unique_recognised_count,
        count(*) filter (where activity_type = 'unrecognised') as unique_unrecognised_count
    from activities
    group by 1
),

-- The share of the file that was understood, duplicates included.
understood as (
    select
        report_id,
        cast(sum(record_count) filter (where activity_type not in ('unrecognised', 'other_activity')) as bigint)
            as landed_understood_count,
        cast(sum(record_count) filter (where activity_type = 'other_activity') as bigint)
            as landed_other_activity_count,
        cast(sum(record_count) filter (where activity_type = 'unrecognised') as bigint) as landed_unrecognised_count,
        cast(sum(record_count) filter (where alias_evidence = 'normalised') as bigint) as landed_normalised_count
    from report_pairs
    group by 1
),

valueless as (
    select
        report_id,
        cast(sum(activity_count) as bigint) as unique_valueless_count,
        cast(min(first_record_number) as bigint) as first_valueless_record_number
    from values_not_found
    group by 1
),

-- Activities that no earlier download of the site holds.
new_activities as (
    select
        reports.report_id,
        count(*) as new_count
    from activity_records
    inner join reports
        on
            activity_records.site_id = reports.site_id
            and activity_records.first_download_number = reports.download_number
    group by 1
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
        coalesce(rejected.forgotten_count, 0) as forgotten_count,
        coalesce(new_activities.new_count, 0) as new_count,
        coalesce(unique_records.unique_count, 0) as unique_count,
        coalesce(doubled.duplicate_count, 0) as duplicate_count,
        doubled.unique_in_file_names,
        coalesce(unique_records.unique_recognised_count, 0) as unique_recognised_count,
        coalesce(unique_records.unique_unrecognised_count, 0) as unique_unrecognised_count,
        coalesce(understood.landed_understood_count, 0) as landed_understood_count,
        coalesce(understood.landed_other_activity_count, 0) as landed_other_activity_count,
        coalesce(understood.landed_unrecognised_count, 0) as landed_unrecognised_count,
        coalesce(understood.landed_normalised_count, 0) as landed_normalised_count,
        coalesce(valueless.unique_valueless_count, 0) as unique_valueless_count,
        valueless.first_valueless_record_number
    from reports
    left join landed on reports.report_id = landed.report_id
    left join rejected on reports.report_id = rejected.report_id
    left join new_activities on reports.report_id = new_activities.report_id
    left join unique_records on reports.report_id = unique_records.report_id
    left join doubled on reports.report_id = doubled.report_id
    left join understood on reports.report_id = understood.report_id
    left join valueless on reports.report_id = valueless.report_id
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
        forgotten_count,
        new_count,
        unique_count,
        duplicate_count,
        unique_in_file_names,
        unique_recognised_count,
        unique_unrecognised_count,
        landed_understood_count,
        cast(landed_understood_count as double) / nullif(landed_count, 0) as understood_ratio,
        landed_other_activity_count,
        cast(landed_other_activity_count as double) / nullif(landed_count, 0) as other_activity_ratio,
        landed_unrecognised_count,
        landed_normalised_count,
        unique_valueless_count,
        first_valueless_record_number,
        record_count = landed_count + rejected_count
        and landed_count = unique_count + duplicate_count
        and landed_count = landed_understood_count + landed_other_activity_count + landed_unrecognised_count
        and unique_count = unique_recognised_count + unique_unrecognised_count as is_reconciled
    from counted
)

select * from final
