-- People of each day.
select
    site_id,
    activity_date,
    count(*) as active_user_count
from marts.fct_user_days
group by site_id, activity_date
order by activity_date desc, site_id asc
