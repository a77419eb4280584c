-- Visitors of each booth by warmth; staff and the exhibitor's own people are left out.
select
    leads.site_id,
    leads.content_key,
    leads.exhibitor_name,
    leads.warmth,
    count(*) as visitor_count
from marts.fct_exhibitor_leads as leads
where not leads.is_staff and not leads.is_own_people
group by all
order by visitor_count desc, leads.exhibitor_name asc, leads.content_key asc, leads.warmth asc
