-- What proves a person's minutes in a session?
-- Each stay with what ended it, what it adds, and the records behind both ends.
select
    stays.joined_at,
    stays.closed_by,
    stays.likely_ended_at,
    stays.proven_added_seconds as proven,
    stays.likely_added_seconds as likely,
    reports.file_name,
    stays.opened_record_number as opened,
    stays.closed_record_number as closed
from marts.fct_presence_intervals as stays
inner join marts.report_reconciliation as reports on stays.opened_report_id = reports.report_id
where stays.user_id = '5020' and stays.content_id = '4106'
order by stays.joined_at
