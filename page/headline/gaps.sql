-- Activities that no number of people counts, and days without a record.
select
    sum(without_user_count) as without_user_count,
    sum(same_user_pair_count) as same_user_pair_count,
    string_agg(silent_dates, ', ' order by site_id) as silent_dates
from marts.site_checks
