-- Which content got the best reviews?
select
    content.content_name,
    engagement.rating_count as reviews,
    round(engagement.average_stars, 2) as stars
from marts.fct_content_engagement as engagement
inner join marts.dim_content as content on engagement.content_key = content.content_key
where engagement.rating_count >= 2
order by stars desc, reviews desc, content.content_name asc
