-- Activities that nobody has named yet, and the line for seeds/site/site_activity_aliases.csv that would.
select
    site_id,
    category,
    action,
    activity_count,
    unique_user_count,
    example_labels,
    suggested_alias
from marts.unrecognised_activities
order by activity_count desc, site_id asc, category asc, action asc
