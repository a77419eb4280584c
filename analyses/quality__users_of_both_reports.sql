-- How many users of the unique users report are users of the activities?
select
    file_name,
    record_count as records,
    matched_by_id_count as by_id,
    matched_by_email_count as by_email,
    ambiguous_count as ambiguous,
    unmatched_count as never_active
from marts.user_report_reconciliation
