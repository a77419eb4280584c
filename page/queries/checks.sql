-- Checks of each site: how new its activities are, which days have none, and how many no number of people counts.
select
    site_id,
    last_occurred_date as newest_day,
    greatest(0, current_date - last_occurred_date) as days_old,
    coalesce(silent_dates, 'none') as silent_dates,
    without_user_count,
    guest_count,
    same_user_pair_count
from marts.site_checks
order by site_id
