-- What became of the users of each unique users report.
select
    site_id,
    file_name,
    report_date,
    record_count,
    rejected_count,
    superseded_count,
    matched_by_id_count,
    matched_by_email_count,
    ambiguous_count,
    unmatched_count,
    case when is_reconciled then 'yes' else 'NO' end as is_reconciled
from marts.user_report_reconciliation
order by report_date desc nulls last, file_name asc, report_id asc
