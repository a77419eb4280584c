-- Whose profile is looked at most?
-- To open the full profile takes a look at the quick one, so that it is counted beside and not among the looks.
select
    users.full_name,
    count(*) filter (where not views.is_full_profile) as looks,
    count(distinct views.user_key) as viewers,
    count(*) filter (where views.is_full_profile) as full_profile
from marts.fct_profile_views as views
inner join restricted.user_details as users on views.viewed_user_key = users.user_key
where views.user_key <> views.viewed_user_key
group by users.user_key, users.full_name
order by looks desc, users.full_name asc
limit 5
