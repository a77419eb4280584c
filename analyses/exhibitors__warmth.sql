-- How warm are the leads of each exhibitor?
select
    exhibitor_name,
    count(*) filter (where warmth = 'hot') as hot,
    count(*) filter (where warmth = 'warm') as warm,
    count(*) filter (where warmth = 'cold') as cold
from marts.fct_exhibitor_leads
where not is_staff and not is_own_people
group by exhibitor_name
order by exhibitor_name
