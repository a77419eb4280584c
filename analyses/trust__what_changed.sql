-- What changed from one report to the next?
-- A report of one page holds few kinds of activities, so the sitewide one after it brings many.
select
    file_name,
    drift_reasons,
    format_changes,
    new_category_actions
from marts.report_drift
where has_drifted
order by report_kind, report_number
