-- Where links led.
select
    clicks.site_id,
    clicks.content_key,
    clicks.occurred_date,
    clicks.link_kind,
    coalesce(clicks.target, clicks.url_host) as target,
    count(*) as click_count
from marts.fct_link_clicks as clicks
group by all
order by
    clicks.occurred_date desc,
    click_count desc,
    target asc,
    clicks.content_key asc,
    clicks.site_id asc,
    clicks.link_kind asc
