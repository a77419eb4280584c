-- Which columns does a report lack, have beside the known ones, or name otherwise?
select
    file_name,
    missing_columns,
    extra_columns,
    renamed_columns
from marts.report_changes
order by file_name
