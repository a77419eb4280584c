-- The visitors of each booth, the warmest first, with touches in words; staff and the exhibitor's people are left out.
select
    leads.site_id,
    leads.user_key,
    leads.content_key,
    leads.exhibitor_name,
    coalesce(users.full_name, leads.user_id) as full_name,
    leads.company,
    leads.warmth,
    leads.lead_score,
    leads.touch_count,
    leads.last_touch_at,
    leads.touch_names as touches
from marts.fct_exhibitor_leads as leads
left join restricted.user_details as users on leads.user_key = users.user_key
where not leads.is_staff and not leads.is_own_people
order by leads.lead_score desc, leads.last_touch_at desc, leads.user_key asc, leads.content_key asc
