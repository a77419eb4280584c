-- Whose profile is looked at most?
select
    users.full_name,
    count(*) as views,
    count(distinct views.user_key) as viewers,
    count(*) filter (where views.is_full_profile) as full_profile
from marts.fct_profile_views as views
inner join restricted.user_details as users on views.viewed_user_key = users.user_key
group by users.user_key, users.full_name
order by views desc, users.full_name asc
limit 5
