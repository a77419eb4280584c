-- Which pages drew people, and on which day?
select
    content.content_name,
    days.activity_date,
    days.unique_user_count as people,
    days.content_views_count as views,
    days.downloads_count as downloads
from marts.fct_content_days as days
inner join marts.dim_content as content on days.content_key = content.content_key
where content.content_kind in ('exhibitor', 'on_demand')
order by people desc, content.content_name asc, days.activity_date asc
limit 5
