-- How many people were active on each day of the event?
select
    activity_date,
    count(*) as people,
    sum(activity_count)::int as activities
from marts.fct_user_days
where activity_date between '2026-05-11' and '2026-05-15'
group by activity_date
order by activity_date
