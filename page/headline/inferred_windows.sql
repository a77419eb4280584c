-- The sessions whose start and end come from the log, because no schedule has them.
select
    count(*) as session_count,
    count(*) filter (where window_source = 'inferred') as inferred_count
from marts.fct_sessions
where unique_people_count > 0
having count(*) filter (where window_source = 'inferred') > 0
