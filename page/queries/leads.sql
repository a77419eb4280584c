-- The visitors of each booth, the warmest first, with touches in words; staff and the exhibitor's people are left out.
with words as (
    select map_from_entries(list((activity_type, activity_name))) as names
    from marts.dim_activity_types
),

visitors as (
    select
        leads.*,
        words.names
    from marts.fct_exhibitor_leads as leads
    cross join words
    where not leads.is_staff and not leads.is_own_people
),

worded as (
    select
        *,
        array_to_string([coalesce(names[touch], touch) for touch in string_split(touches, ' > ')], ' > ') as touch_words
    from visitors
)

select
    worded.site_id,
    worded.user_key,
    worded.content_key,
    worded.exhibitor_name,
    coalesce(users.full_name, worded.user_id) as full_name,
    worded.company,
    worded.warmth,
    worded.lead_score,
    worded.touch_count,
    worded.last_touch_at,
    worded.touch_words as touches
from worded
left join restricted.user_details as users on worded.user_key = users.user_key
order by worded.lead_score desc, worded.last_touch_at desc, worded.user_key asc, worded.content_key asc
