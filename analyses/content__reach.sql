-- Which pages reached the most people, live and on demand?
select
    content.content_name,
    engagement.unique_user_count as people,
    engagement.live_user_count as live,
    engagement.on_demand_user_count as on_demand,
    round(engagement.acting_ratio, 2) as acting
from marts.fct_content_engagement as engagement
inner join marts.dim_content as content on engagement.content_key = content.content_key
order by people desc, content.content_name asc
limit 6
