-- The outcome of every record of every unique users report, and how many of its users the activities know.
-- Grain: one row per landed unique users report.

with reports as (
    select * from {{ source('raw', 'user_reports') }}
),

landed_records as (
    select * from {{ source('raw', 'users') }}
),

rejected_records as (
    select * from {{ source('raw', 'rejected_records') }}
),

users as (
    select * from {{ ref('int_reported_users') }}
),

rejected as (
    select
        report_id,
        count(*) as rejected_count
    from rejected_records
    group by 1
),

-- A record without a fate is one that was lost on the way.
fates as (
    select
        landed_records.report_id,
        landed_records.record_number,
        users.is_email_different,
        case
            when users.report_id = landed_records.report_id and users.record_number = landed_records.record_number
                then users.match_kind
            when users.report_id is not null then 'superseded'
        end as fate
    from landed_records
    inner join reports on landed_records.report_id = reports.report_id
    {{ join_same_users('reports.site_id', cleaned_id('landed_records.user_id')) }}
    left join users
        on
            users.reported_user_key
            = {{ reported_user_key(
                'reports.site_id', merged_user_id('landed_records.user_id'), 'landed_records.email'
            ) }}
),

landed as (
    select
        report_id,
        count(distinct record_number) as landed_count,
        count(*) filter (where fate = 'superseded') as superseded_count,
        count(*) filter (where fate = 'user_id') as matched_by_id_count,
        count(*) filter (where fate = 'email') as matched_by_email_count,
        count(*) filter (where fate = 'ambiguous') as ambiguous_count,
        count(*) filter (where fate = 'none') as unmatched_count,
        count(*) filter (where fate = 'user_id' and is_email_different) as email_mismatch_count
    from fates
    group by 1
),

counted as (
    select
        reports.report_id,
        reports.site_id,
        reports.file_name,
        reports.report_date,
        reports.loaded_at,
        reports.record_count,
        coalesce(landed.landed_count, 0) as landed_count,
        coalesce(rejected.rejected_count, 0) as rejected_count,
        coalesce(landed.superseded_count, 0) as superseded_count,
        coalesce(landed.matched_by_id_count, 0) as matched_by_id_count,
        coalesce(landed.matched_by_email_count, 0) as matched_by_email_count,
        coalesce(landed.ambiguous_count, 0) as ambiguous_count,
        coalesce(landed.unmatched_count, 0) as unmatched_count,
        coalesce(landed.email_mismatch_count, 0) as email_mismatch_count
    from reports
    left join landed on reports.report_id = landed.report_id
    left join rejected on reports.report_id = rejected.report_id
),

final as (
    select
        *,
        record_count = landed_count + rejected_count
        and landed_count
        = superseded_count + matched_by_id_count + matched_by_email_count + ambiguous_count + unmatched_count
            as is_reconciled
    from counted
)

select * from final
