-- The lessons of each (legacy) course in the order of the people who reach them, and where people stop.
-- Grain: one row per site, course and lesson. Lessons off a content page are left out: their course is not known.
-- The rules, and what they cannot know: answers_and_progress_rules.md in the folder above.

with track_events as (
    select * from {{ ref('stg_juno__track_events') }}
    where user_id is not null and content_id is not null
),

starters as (
    select distinct
        site_id,
        content_id,
        user_id
    from track_events
    where activity_type = 'track_started'
),

starter_counts as (
    select
        site_id,
        content_id,
        count(*) as starter_count
    from starters
    group by 1, 2
),

reached as (
    select
        site_id,
        content_id,
        user_id,
        lesson_name,
        min(occurred_at) as reached_at,
        min_by(activity_key, (occurred_at, activity_key)) as reached_activity_key
    from track_events
    where lesson_name is not null
    group by 1, 2, 3, 4
),

positioned as (
    select
        *,
        row_number() over (
            partition by site_id, content_id, user_id
            order by reached_at, reached_activity_key
        ) as lesson_position
    from reached
),

averaged as (
    select
        *,
        avg(lesson_position) over (partition by site_id, content_id, lesson_name) as mean_position
    from positioned
),

ordered as (
    select
        *,
        cast(dense_rank() over (
            partition by site_id, content_id
            order by mean_position, lesson_name
        ) as bigint) as lesson_order
    from averaged
),

stopped as (
    select
        *,
        max(lesson_order) over (partition by site_id, content_id, user_id) as stopped_order
    from ordered
),

lessons as (
    select
        stopped.site_id,
        stopped.content_id,
        stopped.lesson_name,
        stopped.lesson_order,
        stopped.mean_position,
        count(*) as people_reached_count,
        count(*) filter (where stopped.lesson_order = stopped.stopped_order) as people_stopped_count,
        count(starters.user_id) as starters_reached_count,
        max(stopped.lesson_order) over (partition by stopped.site_id, stopped.content_id) as lesson_count
    from stopped
    left join starters
        on
            stopped.site_id = starters.site_id
            and stopped.content_id = starters.content_id
            and stopped.user_id = starters.user_id
    group by 1, 2, 3, 4, 5
),

final as (
    select
        lessons.site_id || ':' || lessons.content_id as content_key,
        lessons.site_id,
        lessons.content_id,
        lessons.lesson_name,
        lessons.lesson_order,
        lessons.mean_position,
        lessons.people_reached_count,
        lessons.people_stopped_count,
        case
            when lessons.lesson_order < lessons.lesson_count
                then cast(lessons.people_stopped_count as double) / nullif(lessons.people_reached_count, 0)
        end as drop_off_ratio,
        coalesce(starter_counts.starter_count, 0) as starter_count,
        lessons.starters_reached_count,
        cast(lessons.starters_reached_count as double) / nullif(starter_counts.starter_count, 0)
            as starters_reached_ratio
    from lessons
    left join starter_counts
        on lessons.site_id = starter_counts.site_id and lessons.content_id = starter_counts.content_id
)

select * from final
