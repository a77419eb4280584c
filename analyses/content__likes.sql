-- What do people like?
select
    content.content_name,
    count(*) as likes
from marts.fct_favorites as favorites
inner join marts.dim_content as content on favorites.content_key = content.content_key
group by content.content_key, content.content_name
order by likes desc, content.content_name asc
limit 5
