-- How far each user got in each (legacy) course: start, lessons, days, and the end where a record has it.
-- Grain: one row per site, user and course; the lessons without a known course are one row of each user.
-- The rules, and what they cannot know: answers_and_progress_rules.md in the folder above.

with track_events as (
    select * from {{ ref('stg_juno__track_events') }}
    where user_id is not null
),

completions as (
    select * from {{ ref('stg_juno__completions') }}
    where content_id is not null
),

-- Off a content page Started names the course, but Next names its lesson alone.
course_events as (
    select
        *,
        case
            when content_id is not null then site_id || ':' || content_id
            when track_name is not null then site_id || ':track:' || {{ hash_key(["track_name"]) }}
        end as course_key,
        case when activity_type = 'track_started' then occurred_at end as start_at,
        case when activity_type = 'track_advanced' then occurred_at end as lesson_at
    from track_events
),

courses as (
    select
        site_id,
        user_id,
        content_id,
        course_key,
        {{ newest('track_name', ['occurred_at', 'activity_key']) }} as track_name,
        {{ newest('lesson_name', ['occurred_at', 'activity_key']) }} as last_lesson_name,
        min(start_at) as started_at,
        min(lesson_at) as first_lesson_at,
        max(lesson_at) as last_lesson_at,
        count(start_at) as start_count,
        count(lesson_at) as next_click_count,
        count(distinct lesson_name) as lesson_count,
        count(distinct {{ local_date('occurred_at') }}) as active_day_count
    from course_events
    group by 1, 2, 3, 4
),

unseen as (
    select
        *,
        case
            when course_key is not null then coalesce(first_lesson_at < started_at, started_at is null)
        end as is_started_unseen
    from courses
),

finished as (
    select
        site_id,
        user_id,
        content_id,
        min(occurred_at) as finished_at
    from completions
    where user_id is not null
    group by 1, 2, 3
),

pages_with_completions as (
    select distinct
        site_id,
        content_id
    from completions
),

final as (
    select
        unseen.course_key,
        unseen.site_id || ':' || unseen.user_id as user_key,
        unseen.site_id || ':' || unseen.content_id as content_key,
        unseen.site_id,
        unseen.user_id,
        unseen.content_id,
        unseen.track_name,
        unseen.last_lesson_name,
        unseen.course_key is not null as is_course_known,
        unseen.is_started_unseen,
        case
            when finished.finished_at is not null then true
            when pages_with_completions.content_id is not null then false
        end as is_finished,
        unseen.started_at,
        unseen.first_lesson_at,
        unseen.last_lesson_at,
        finished.finished_at,
        unseen.start_count,
        unseen.next_click_count,
        unseen.lesson_count,
        unseen.active_day_count,
        case
            when not unseen.is_started_unseen
                then cast({{ dbt.datediff(
                    local_date('unseen.started_at'), local_date('unseen.last_lesson_at'), 'day'
                ) }} as bigint)
        end as days_from_start
    from unseen
    left join finished
        on
            unseen.site_id = finished.site_id
            and unseen.user_id = finished.user_id
            and unseen.content_id = finished.content_id
    left join pages_with_completions
        on
            unseen.site_id = pages_with_completions.site_id
            and unseen.content_id = pages_with_completions.content_id
)

select * from final
