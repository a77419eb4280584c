-- The pages that the filter offers, the busiest first.
select
    site_id,
    content_key,
    coalesce(content_name, content_slug, content_id) as content_name
from marts.dim_content
order by activity_count desc, content_key asc
