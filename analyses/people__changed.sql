-- Who changed their name or e-mail?
select
    details.full_name,
    users.name_count as names,
    users.email_count as emails
from marts.dim_users as users
inner join restricted.user_details as details on users.user_key = details.user_key
where users.name_count > 1 or users.email_count > 1
