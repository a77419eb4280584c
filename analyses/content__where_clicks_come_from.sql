-- Do people find content in the schedule or in a module?
select
    click_source,
    count(*) as clicks,
    count(distinct user_key) as people,
    count(*) filter (where is_followed_by_view) as followed
from marts.fct_content_clicks
group by click_source
order by clicks desc
