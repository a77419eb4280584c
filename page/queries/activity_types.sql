-- The types of activities, and how many activities of each rest on which evidence.
select
    activity_type,
    meaning,
    activity_count,
    documented_count,
    heading_count,
    inferred_count,
    normalised_count,
    site_count,
    valueless_count
from marts.dim_activity_types
where activity_type <> 'unrecognised'
order by activity_type
