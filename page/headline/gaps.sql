-- People who may count twice, and days without a record.
select
    sum(same_user_pair_count) as same_user_pair_count,
    string_agg(silent_dates, ', ' order by site_id) as silent_dates
from marts.site_checks
