-- Where do we lose people on the way from the plan to the credit?
select
    session_name,
    max(people_count) filter (where stage = 'registered') as registered,
    max(people_count) filter (where stage = 'attended') as attended,
    max(people_count) filter (where stage = 'engaged') as engaged,
    max(people_count) filter (where stage = 'credited') as credited
from marts.fct_activity_funnel
group by session_key, session_name
order by attended desc, session_name asc
limit 5
