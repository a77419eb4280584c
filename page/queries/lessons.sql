-- How many of a course's starters came to each lesson.
select
    site_id,
    content_key,
    lesson_order,
    lesson_name,
    people_reached_count,
    people_stopped_count,
    starters_reached_ratio
from marts.fct_course_lessons
order by content_key, lesson_order
