-- How far each video was watched.
select
    progress.site_id,
    progress.content_key,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    count(*) as watcher_count,
    count(*) filter (where progress.is_completed) as completed_count,
    count(progress.furthest_ratio) as position_count,
    cast(avg(progress.furthest_ratio) as double) as average_furthest_ratio
from marts.fct_video_progress as progress
left join marts.dim_content as content on progress.content_key = content.content_key
group by all
order by watcher_count desc, progress.content_key asc
