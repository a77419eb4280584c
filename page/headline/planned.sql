-- How many of the planned visits took place. A planned visit is one session in the schedule of one person.
-- A session without a Joined may still be to come (not_held.sql).
select
    sum(registered_count) as planned_count,
    sum(registered_count - no_show_count) as kept_count,
    sum(no_show_count) as missed_count,
    sum(registered_count - no_show_count) / nullif(sum(registered_count), 0) as kept_ratio
from marts.fct_sessions
where session_type = 'session' and unique_people_count > 0
having sum(registered_count) > 0
