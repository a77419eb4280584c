-- Which notifications were clicked?
select
    min(texts.activity_text) as notification,
    count(*) as clicks,
    count(distinct clicks.user_key) as people
from marts.fct_notification_clicks as clicks
inner join restricted.activity_texts as texts on clicks.activity_key = texts.activity_key
group by clicks.notification_key
order by clicks desc, notification asc
