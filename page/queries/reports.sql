-- What became of the records of each report of activities.
select
    reports.site_id,
    reports.file_name,
    reports.first_occurred_at,
    reports.last_occurred_at,
    reports.record_count,
    reports.rejected_count,
    reports.duplicate_count,
    reports.unique_count,
    reports.unique_unrecognised_count,
    reports.landed_count,
    reports.landed_understood_count,
    reports.landed_other_activity_count,
    reports.landed_normalised_count,
    reports.unique_valueless_count,
    case when reports.is_reconciled then 'yes' else 'NO' end as is_reconciled,
    changes.change_reasons
from marts.report_reconciliation as reports
left join marts.report_changes as changes on reports.report_id = changes.report_id
order by reports.last_occurred_at desc nulls last, reports.file_name asc, reports.report_id asc
