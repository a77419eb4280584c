-- Which known columns are missing or renamed in a report, and which are new?
select
    file_name,
    missing_columns,
    extra_columns,
    renamed_columns
from marts.report_changes
order by file_name
