-- What changed from one report to the next?
-- A report of one page holds few kinds of activities, so the sitewide one after it brings many.
select
    file_name,
    change_reasons,
    format_changes,
    new_category_actions
from marts.report_changes
where has_changed
order by report_kind, report_number
