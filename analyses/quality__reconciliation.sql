-- Is any record lost or counted twice?
select
    file_name,
    record_count as records,
    rejected_count as rejected,
    duplicate_count as duplicates,
    unique_count as unique_records,
    is_reconciled
from marts.report_reconciliation
order by file_name
