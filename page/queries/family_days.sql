-- Activities of each day by family.
select
    site_id,
    occurred_date,
    activity_family,
    count(*) as activity_count
from marts.fct_activities
group by site_id, occurred_date, activity_family
order by occurred_date desc, site_id asc, activity_family asc
