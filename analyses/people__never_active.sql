-- Who registered and never did anything?
select
    details.full_name,
    users.account_created_at::date as registered_on
from marts.dim_users as users
inner join restricted.user_details as details on users.user_key = details.user_key
where users.activity_count = 0
order by details.full_name
