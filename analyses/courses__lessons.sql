-- Where in a course do people stop?
select
    lesson_order,
    lesson_name,
    starter_count as starters,
    people_reached_count as reached,
    people_stopped_count as stopped
from marts.fct_course_lessons
order by lesson_order
