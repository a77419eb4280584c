-- Stays in a room, from each Joined to whatever may have ended it, before any window is laid on them; and each Left
-- that no Joined explains, because the time before it is possible.
-- Grain: one row per site, user, room and second with a Joined in it, or with a Left that no Joined explains.
-- A view on DuckDB, because fct_presence_intervals alone reads it, once: a table took a twentieth of the warehouse.

{{ config(materialized=view_or_table()) }}

with session_events as (
    select * from {{ ref('int_session_events') }}
    where session_event in ('joined', 'left')
),

-- Each user and room as a number, because to group and sort by texts takes several times as long.
users as (
    select
        site_id,
        user_id,
        row_number() over (order by site_id, user_id) as user_number
    from session_events
    group by 1, 2
),

rooms as (
    select
        site_id,
        session_key,
        room_key,
        content_id,
        is_breakout,
        breakout_id,
        row_number() over (order by session_key, room_key) as room_number,
        rank() over (order by session_key) as session_number
    from session_events
    group by 1, 2, 3, 4, 5, 6
),

numbered as (
    select
        users.user_number,
        rooms.room_number,
        -- The user's number is the upper half of both.
        users.user_number * 4294967296 + rooms.room_number as room_visit_key,
        users.user_number * 4294967296 + rooms.session_number as session_visit_key,
        rooms.is_breakout,
        session_events.session_event,
        session_events.occurred_at,
        session_events.activity_key
    from session_events
    inner join users on session_events.site_id = users.site_id and session_events.user_id = users.user_id
    inner join rooms on session_events.site_id = rooms.site_id and session_events.room_key = rooms.room_key
),

-- The log has whole seconds and no order within one, so a second is looked at as a whole.
moments as (
    select
        user_number,
        room_number,
        room_visit_key,
        session_visit_key,
        is_breakout,
        occurred_at,
        count(*) filter (where session_event = 'joined') as joined_count,
        count(*) filter (where session_event = 'left') as left_count,
        min(activity_key) filter (where session_event = 'joined') as joined_activity_key,
        min(activity_key) filter (where session_event = 'left') as left_activity_key
    from numbered
    group by 1, 2, 3, 4, 5, 6
),

joins as (
    select
        user_number,
        room_visit_key,
        session_visit_key,
        occurred_at,
        lag(session_visit_key) over user_joins as previous_session_visit_key,
        lag(room_visit_key) over user_joins as previous_room_visit_key,
        lead(occurred_at) over room_joins as next_joined_at
    from moments
    where joined_count > 0
    window
        user_joins as (partition by user_number order by occurred_at, room_number),
        room_joins as (partition by room_visit_key order by occurred_at)
),

-- The first Joined of the next session (or room) that the user went to: runs of joins in one place, and the start of
-- the next run. No join of a user's sessions with each other. What is joined in the same second ends nothing.
moved as (
    select
        room_visit_key,
        occurred_at,
        next_joined_at,
        min(case when previous_session_visit_key is distinct from session_visit_key then occurred_at end)
            over later_joins as next_session_joined_at,
        min(case when previous_room_visit_key is distinct from room_visit_key then occurred_at end)
            over later_joins as next_room_joined_at
    from joins
    window later_joins as (
        partition by user_number
        order by occurred_at
        range between interval 1 second following and unbounded following
    )
),

-- Whether the user was in the room before this second: the last second where Joined and Left did not cancel out
-- decides. It also settles their order within one second. A user who was in left first and came back (a reconnect).
-- One who was not, came and left.
stated as (
    select
        *,
        coalesce(
            {{ last_known('nullif(joined_count, left_count) > left_count') }} over earlier_moments,
            false
        ) as was_in,
        sum(joined_count - left_count) over moments_until_now as running_count,
        lead(occurred_at) over room_moments as next_at,
        lead(left_count) over room_moments as next_left_count,
        lead(left_activity_key) over room_moments as next_left_activity_key,
        lead(joined_activity_key) over room_moments as next_joined_activity_key,
        lag(occurred_at) over room_moments as previous_at
    from moments
    window
        room_moments as (partition by room_visit_key order by occurred_at),
        moments_until_now as (
            partition by room_visit_key
            order by occurred_at
            rows between unbounded preceding and current row
        ),
        earlier_moments as (
            partition by room_visit_key
            order by occurred_at
            rows between unbounded preceding and 1 preceding
        )
),

-- Joined minus Left, floored at zero: a Left without a Joined does not swallow the next Joined.
floored as (
    select
        *,
        running_count - least(0, min(running_count) over moments_until_now) as open_count,
        coalesce(
            lag(running_count) over room_moments - least(0, min(running_count) over earlier_moments), 0
        ) as open_before_count
    from stated
    window
        room_moments as (partition by room_visit_key order by occurred_at),
        moments_until_now as (
            partition by room_visit_key
            order by occurred_at
            rows between unbounded preceding and current row
        ),
        earlier_moments as (
            partition by room_visit_key
            order by occurred_at
            rows between unbounded preceding and 1 preceding
        )
),

-- A room is empty after a second if as many had left as came by its end. If the user comes back in that second, it is
-- empty before the Joined.
looked_ahead as (
    select
        *,
        {{ next_known(
            'case when open_count = 0 or (was_in and open_before_count <= least(1, left_count)) then occurred_at end'
        ) }} over later_moments as next_emptied_at,
        {{ next_known(
            'case when open_count = 0 or (was_in and open_before_count <= least(1, left_count)) then left_activity_key end'
        ) }} over later_moments as next_emptied_activity_key
    from floored
    window later_moments as (
        partition by room_visit_key
        order by occurred_at
        rows between 1 following and unbounded following
    )
),

emptied as (
    select
        *,
        open_before_count + joined_count < left_count as is_left_unexplained,
        joined_count < left_count or (joined_count = left_count and not was_in) as is_closed_at_once,
        case when open_count = 0 then occurred_at else next_emptied_at end as emptied_at,
        case when open_count = 0 then left_activity_key else next_emptied_activity_key end as emptied_activity_key
    from looked_ahead
),

joined_stays as (
    select
        emptied.user_number,
        emptied.room_number,
        emptied.room_visit_key,
        emptied.session_visit_key,
        emptied.occurred_at,
        emptied.occurred_at as began_at,
        case when emptied.was_in then 'rejoined' else 'joined' end as opened_by,
        emptied.occurred_at as joined_at,
        emptied.joined_activity_key as opened_activity_key,
        -- A Left in the same second that is not the end of an earlier stay ends this one.
        case
            when emptied.is_closed_at_once then emptied.occurred_at
            when emptied.next_left_count > 0 then emptied.next_at
        end as next_left_at,
        case
            when emptied.is_closed_at_once then emptied.left_activity_key
            when emptied.next_left_count > 0 then emptied.next_left_activity_key
        end as next_left_activity_key,
        case when emptied.next_left_count = 0 then emptied.next_at end as next_rejoined_at,
        case when emptied.next_left_count = 0 then emptied.next_joined_activity_key end as next_rejoined_activity_key,
        -- A breakout does not end the stay in its parent; any other room ends a stay in a breakout.
        case when emptied.is_breakout then moved.next_room_joined_at else moved.next_session_joined_at end
            as next_elsewhere_at,
        emptied.emptied_at,
        emptied.emptied_activity_key,
        coalesce(moved.next_joined_at >= emptied.emptied_at, true) as is_last_joined
    from emptied
    inner join moved on emptied.room_visit_key = moved.room_visit_key and emptied.occurred_at = moved.occurred_at
),

-- The user may have been there since whatever the room's log says before.
unexplained as (
    select
        user_number,
        room_number,
        room_visit_key,
        session_visit_key,
        occurred_at,
        previous_at as began_at,
        'nothing' as opened_by,
        cast(null as timestamp) as joined_at,
        cast(null as bigint) as opened_activity_key,
        occurred_at as next_left_at,
        left_activity_key as next_left_activity_key,
        cast(null as timestamp) as next_rejoined_at,
        cast(null as bigint) as next_rejoined_activity_key,
        cast(null as timestamp) as next_elsewhere_at,
        occurred_at as emptied_at,
        left_activity_key as emptied_activity_key,
        true as is_last_joined
    from emptied
    where is_left_unexplained
),

stays as (
    select * from joined_stays
    union all
    select * from unexplained
),

final as (
    select
        users.site_id,
        users.user_id,
        rooms.session_key,
        rooms.room_key,
        stays.room_visit_key,
        stays.session_visit_key,
        rooms.content_id,
        rooms.is_breakout,
        rooms.breakout_id,
        stays.occurred_at,
        stays.began_at,
        stays.opened_by,
        stays.joined_at,
        stays.opened_activity_key,
        stays.next_left_at,
        stays.next_left_activity_key,
        stays.next_rejoined_at,
        stays.next_rejoined_activity_key,
        stays.next_elsewhere_at,
        stays.emptied_at,
        stays.emptied_activity_key,
        stays.is_last_joined
    from stays
    inner join users on stays.user_number = users.user_number
    inner join rooms on stays.room_number = rooms.room_number
)

select * from final
