-- The stays without a record of leaving.
select
    sum(stay_count) as stay_count,
    sum(open_stay_count) as open_stay_count,
    sum(open_stay_count) / nullif(sum(stay_count), 0) as open_ratio
from marts.fct_session_attendance
having sum(open_stay_count) > 0
