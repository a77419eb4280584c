-- Which sessions drew their live audience back?
select
    content.content_name,
    engagement.live_user_count as live,
    engagement.live_and_on_demand_user_count as came_back,
    round(engagement.replay_ratio, 2) as replay
from marts.fct_content_engagement as engagement
inner join marts.dim_content as content on engagement.content_key = content.content_key
where engagement.content_kind = 'session'
order by came_back desc, content.content_name asc
limit 5
