-- Which session of its place an event belongs to, where that is not the first: parts with a silence that most people
-- stayed through are one session, and a registration for a rehearsal is one for the session after it.
-- Grain: one row per session event of a later session of its place.

with event_parts as (
    select * from {{ ref('int_session_event_parts') }}
),

part_users as (
    select
        place_key,
        part_number,
        user_id,
        bool_or(session_event = 'attend') as is_registered,
        bool_or(session_event = 'joined') as has_joined,
        max(case when session_event = 'left' then occurred_at end) as last_left_at,
        max(silence_at) as silence_at
    from event_parts
    group by 1, 2, 3
),

silences as (
    select
        *,
        max(silence_at) over (
            partition by place_key
            order by part_number
            range between 1 following and 1 following
        ) as next_silence_at
    from part_users
),

-- A session goes on in the next part if most people of its part were there through the silence.
parts as (
    select
        place_key,
        part_number,
        case
            when
                2 * count(case when has_joined and last_left_at > next_silence_at then 1 end)
                > count(case when has_joined then 1 end)
                then 0
            else 1
        end as is_last
    from silences
    group by 1, 2
),

session_parts as (
    select
        place_key,
        part_number,
        cast(1 + coalesce(sum(is_last) over (
            partition by place_key
            order by part_number
            rows between unbounded preceding and 1 preceding
        ), 0) as bigint) as occurrence_number
    from parts
),

session_users as (
    select
        part_users.place_key,
        session_parts.occurrence_number,
        part_users.user_id,
        bool_or(part_users.is_registered) as is_registered,
        bool_or(part_users.has_joined) as has_joined
    from part_users
    inner join session_parts
        on part_users.place_key = session_parts.place_key and part_users.part_number = session_parts.part_number
    group by 1, 2, 3
),

-- When those who had registered came later.
next_visits as (
    select
        *,
        min(case when has_joined then occurrence_number end) over (
            partition by place_key, user_id
            order by occurrence_number
            rows between 1 following and unbounded following
        ) as next_visit_number,
        count(case when has_joined then 1 end) over (partition by place_key, occurrence_number) as people_count
    from session_users
),

compared as (
    select
        *,
        coalesce(
            2 * people_count <= max(people_count) over (
                partition by place_key
                order by occurrence_number
                range between 1 following and unbounded following
            ), false
        ) as is_small
    from next_visits
),

-- The next session to which no later one of its place has twice the people. The last of a place is such a session.
larger as (
    select
        *,
        min(case when not is_small then occurrence_number end) over (
            partition by place_key
            order by occurrence_number
            range between current row and unbounded following
        ) as larger_number
    from compared
),

-- A small session was a rehearsal if twice as many of those who had registered for it came later, at the latest to the
-- next larger one.
sessions as (
    select
        place_key,
        occurrence_number,
        case
            when
                2 * count(case when is_registered and has_joined then 1 end)
                <= count(case when is_registered and next_visit_number <= larger_number then 1 end)
                then min(larger_number)
            else occurrence_number
        end as registered_number
    from larger
    group by 1, 2
),

numbered as (
    select
        event_parts.activity_key,
        case
            when event_parts.session_event = 'attend' then sessions.registered_number
            else sessions.occurrence_number
        end as occurrence_number
    from event_parts
    inner join session_parts
        on event_parts.place_key = session_parts.place_key and event_parts.part_number = session_parts.part_number
    inner join sessions
        on
            session_parts.place_key = sessions.place_key
            and session_parts.occurrence_number = sessions.occurrence_number
),

final as (
    select *
    from numbered
    where occurrence_number > 1
)

select * from final
