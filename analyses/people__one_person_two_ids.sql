-- Which users may be one person with two ids?
select
    same_as_user_id as stays,
    user_id as counts_for_it,
    is_same_email,
    is_same_name,
    suggested_row
from restricted.same_user_candidates
order by same_as_activity_count desc, stays asc, counts_for_it asc
