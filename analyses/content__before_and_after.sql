-- Was a session's page viewed before the session, or after it?
select
    content.content_name,
    count(*) filter (where views.live_phase = 'before') as before_it,
    count(*) filter (where views.live_phase = 'during') as during_it,
    count(*) filter (where views.live_phase = 'after') as after_it
from marts.fct_content_views as views
inner join marts.dim_content as content on views.content_key = content.content_key
where content.content_kind = 'session'
group by content.content_key, content.content_name
order by count(*) desc, content.content_name
limit 5
