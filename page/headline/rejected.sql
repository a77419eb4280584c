-- The records that could not be loaded.
select
    sum(rejected_count - forgotten_count) as rejected_count,
    sum(record_count) as record_count
from marts.report_reconciliation
having sum(rejected_count - forgotten_count) > 0
