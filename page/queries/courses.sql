-- The people who began a course, and those who finished it. If the reports contain no end, the number is unknown.
select
    site_id,
    content_key,
    track_name,
    count(*) as starter_count,
    case when count(is_finished) > 0 then count(*) filter (where is_finished) end as finished_count,
    avg(lesson_count) as average_lesson_count,
    finished_count / starter_count as finished_ratio
from marts.fct_course_progress
where is_course_known
group by site_id, content_key, track_name
order by starter_count desc, track_name asc, content_key asc
