-- What was downloaded.
select
    downloads.site_id,
    downloads.content_key,
    downloads.occurred_date,
    downloads.title,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    count(*) as download_count,
    count(*) filter (where downloads.is_first_download) as person_count
from marts.fct_downloads as downloads
left join marts.dim_content as content on downloads.content_key = content.content_key
group by all
order by downloads.occurred_date desc, download_count desc, downloads.title asc, downloads.content_key asc
