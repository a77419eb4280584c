-- Which activities has nobody named yet?
select
    category,
    action,
    activity_count as activities,
    suggested_alias
from marts.unrecognised_activities
order by activities desc, category asc
