-- How long did people wait with a raised hand?
select
    content.content_name,
    count(*) filter (where hands.raised_at is not null) as raised,
    count(*) filter (where hands.closed_by = 'lowered') as lowered,
    round(avg(hands.waiting_seconds))::int as mean_seconds
from marts.fct_hand_raises as hands
inner join marts.dim_content as content on hands.content_key = content.content_key
group by content.content_key, content.content_name
order by raised desc, content.content_name asc
