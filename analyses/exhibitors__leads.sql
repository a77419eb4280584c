-- Who came to our booth, and whom should we call first?
-- Warmth is this project's own rule: models/marts/engagement/engagement_rules.md.
select
    leads.warmth,
    users.full_name,
    users.company,
    leads.lead_score,
    leads.touches
from marts.fct_exhibitor_leads as leads
inner join restricted.user_details as users on leads.user_key = users.user_key
where leads.exhibitor_name = 'Lantern Captioning' and not leads.is_staff and not leads.is_own_people
order by leads.lead_score desc, users.full_name asc
limit 5
