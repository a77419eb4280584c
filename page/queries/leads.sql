-- The visitors of each booth, the warmest first; staff and the exhibitor's own people are left out.
with words as (
    select map_from_entries(list((activity_type, activity_name))) as names
    from marts.dim_activity_types
)

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
    array_to_string([coalesce(words.names[touch], touch) for touch in string_split(leads.touches, ' > ')], ' > ')
        as touches
from marts.fct_exhibitor_leads as leads
cross join words
left join restricted.user_details as users on leads.user_key = users.user_key
where not leads.is_staff and not leads.is_own_people
order by leads.lead_score desc, leads.last_touch_at desc, leads.user_key asc, leads.content_key asc
