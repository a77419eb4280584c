-- How many credits were earned, and how many are still to be claimed?
select
    content.content_name,
    count(*) as people,
    sum(credits.earned_credits) as earned,
    sum(credits.open_credits) as still_open
from marts.fct_credits as credits
inner join marts.dim_content as content on credits.content_key = content.content_key
group by content.content_key, content.content_name
order by earned desc, content.content_name asc
