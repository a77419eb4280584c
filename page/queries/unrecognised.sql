-- Activities without a name yet, what they might mean, and the line for seeds/site/site_activity_aliases.csv.
select
    site_id,
    category,
    action,
    activity_count,
    unique_user_count,
    example_labels,
    suggested_alias,
    candidate_1_activity_type,
    candidate_1_reason,
    candidate_2_activity_type,
    candidate_2_reason,
    candidate_3_activity_type,
    candidate_3_reason
from marts.unrecognised_activities
order by activity_count desc, site_id asc, category asc, action asc
