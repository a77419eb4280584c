-- Which links did people follow, and out to where?
select
    link_kind,
    url_host,
    count(*) as clicks
from marts.fct_link_clicks
group by link_kind, url_host
order by clicks desc, link_kind asc, url_host asc
limit 6
