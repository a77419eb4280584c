-- Which activities have no name yet?
select
    category,
    action,
    activity_count as activities,
    candidate_1_activity_type as perhaps,
    suggested_alias
from marts.unrecognised_activities
order by activities desc, category asc
