-- How many of a course's starters came to each lesson.
select
    lessons.site_id,
    lessons.content_key,
    lessons.lesson_order,
    lessons.lesson_name,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    lessons.people_reached_count,
    -- Nobody stops at the last lesson: no later one follows.
    case
        when lessons.lesson_order < max(lessons.lesson_order) over (partition by lessons.content_key)
            then lessons.people_stopped_count
    end as people_stopped_count,
    lessons.starters_reached_ratio
from marts.fct_course_lessons as lessons
left join marts.dim_content as content on lessons.content_key = content.content_key
order by lessons.content_key, lessons.lesson_order
