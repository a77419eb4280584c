-- Activities that no number of people counts.
select count(*) as without_user_count
from marts.fct_activities
where user_key is null
having count(*) > 0
