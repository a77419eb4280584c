-- Who was there without a user id?
select
    email,
    first_name,
    last_name,
    activity_count,
    perhaps_user_key
from restricted.guests
order by activity_count desc, email asc
