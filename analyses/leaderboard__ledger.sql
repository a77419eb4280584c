-- Which record earned a person these points?
select
    ledger.awarded_at,
    ledger.rule_name,
    ledger.multiplier,
    ledger.points,
    reports.file_name,
    ledger.record_number
from marts.fct_points_awarded as ledger
inner join marts.report_reconciliation as reports on ledger.report_id = reports.report_id
where ledger.user_id = '5036'
order by ledger.awarded_at, ledger.rule_name
limit 5
