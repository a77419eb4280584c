-- How far did people get in a course?
select
    content.content_name,
    count(*) as started,
    count(*) filter (where progress.lesson_count > 0) as went_on,
    count(*) filter (where progress.lesson_count = 3) as reached_all_lessons,
    round(avg(progress.days_from_start), 1) as mean_days
from marts.fct_course_progress as progress
inner join marts.dim_content as content on progress.content_key = content.content_key
group by content.content_key, content.content_name
