-- The users of each site and who of them was active.
select
    site_id,
    count(*) as user_count,
    count(*) filter (where activity_count > 0) as active_user_count
from marts.dim_users
group by site_id
order by site_id
