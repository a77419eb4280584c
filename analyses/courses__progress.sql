-- How far did people get in a course?
-- All lessons are those that anybody reached: how many a course has is in no report.
with lessons as (
    select
        content_key,
        count(*) as lesson_count
    from marts.fct_course_lessons
    group by content_key
)

select
    content.content_name,
    count(*) as people,
    count(*) filter (where progress.lesson_count > 0) as went_on,
    count(*) filter (where progress.lesson_count = lessons.lesson_count) as reached_all_lessons,
    round(avg(progress.days_from_start), 1) as mean_days
from marts.fct_course_progress as progress
inner join marts.dim_content as content on progress.content_key = content.content_key
left join lessons on progress.content_key = lessons.content_key
group by content.content_key, content.content_name
order by people desc, content.content_name asc
