-- How warm are the leads of each booth?
-- A person who came to two booths of one exhibitor is in both rows. `make leads` makes one lead of them.
select
    exhibitor_name,
    content_id,
    count(*) filter (where warmth = 'hot') as hot,
    count(*) filter (where warmth = 'warm') as warm,
    count(*) filter (where warmth = 'cold') as cold
from marts.fct_exhibitor_leads
where not is_staff and not is_own_people
group by exhibitor_name, content_id
order by exhibitor_name, content_id
