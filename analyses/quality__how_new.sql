-- How old is the newest activity, and which days have none?
select
    site_id,
    first_occurred_date,
    last_occurred_date,
    silent_day_count,
    silent_dates
from marts.site_checks
order by site_id
