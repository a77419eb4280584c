-- Who saw a video to the end?
-- Completed from video_completed_ratio on; unknown where the log has seconds but no length.
select
    content.content_name,
    count(*) as viewers,
    count(*) filter (where progress.is_completed) as completed,
    count(*) filter (where progress.is_completed is null) as not_known
from marts.fct_video_progress as progress
inner join marts.dim_content as content on progress.content_key = content.content_key
group by content.content_key, content.content_name
order by viewers desc, content.content_name asc
