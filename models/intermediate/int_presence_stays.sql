-- Stays in a room, from each Joined to whatever may have ended it, before any window is laid on them; and each Left
-- that no Joined explains, because the time before it is possible.
-- Grain: one row per site, user, room and second with a Joined in it, or with a Left that no Joined explains.
-- A view on DuckDB, because int_closed_stays alone reads it, once: a table took a twentieth of the warehouse.

{{ config(materialized=view_or_table()) }}

with session_events as (
    select * from {{ ref('int_session_events') }}
    where session_event in ('joined', 'left')
),

-- The log has whole seconds and no order within one, so a second is looked at as a whole.
seconds as (
    select
        site_id,
        user_id,
        session_key,
        room_key,
        content_id,
        is_breakout,
        breakout_id,
        occurred_at,
        count(*) filter (where session_event = 'joined') as joined_count,
        count(*) filter (where session_event = 'left') as left_count,
        min(activity_key) filter (where session_event = 'joined') as joined_activity_key,
        min(activity_key) filter (where session_event = 'left') as left_activity_key
    from session_events
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

rooms as (
    select
        site_id,
        user_id,
        session_key,
        room_key,
        content_id,
        is_breakout,
        breakout_id,
        min(least(joined_activity_key, left_activity_key)) as room_visit_key
    from seconds
    group by 1, 2, 3, 4, 5, 6, 7
),

-- Each user of a room, a session and all sessions as one number, because to sort by texts takes several times as long.
visits as (
    select
        *,
        min(room_visit_key) over (partition by site_id, user_id, session_key) as session_visit_key,
        min(room_visit_key) over (partition by site_id, user_id) as user_visit_key
    from rooms
),

moments as (
    select
        visits.room_visit_key,
        visits.session_visit_key,
        visits.user_visit_key,
        visits.is_breakout,
        seconds.occurred_at,
        seconds.joined_count,
        seconds.left_count,
        seconds.joined_activity_key,
        seconds.left_activity_key
    from seconds
    inner join visits
        on
            seconds.site_id = visits.site_id
            and seconds.user_id = visits.user_id
            and seconds.room_key = visits.room_key
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
emptied as (
    select
        *,
        open_before_count + joined_count < left_count as is_left_unexplained,
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

joins as (
    select
        *,
        lead(occurred_at) over room_joins as next_joined_at,
        case when open_count = 0 then occurred_at else next_emptied_at end as emptied_at,
        case when open_count = 0 then left_activity_key else next_emptied_activity_key end as emptied_activity_key
    from emptied
    where joined_count > 0
    window room_joins as (partition by room_visit_key order by occurred_at)
),

-- Where a user went in each second with a Joined: a second of several sessions (or rooms) bears no key. Grouped first,
-- so that the windows carry little: with windows over the joins themselves all stays took 1.05 s in place of 0.64 s (of
-- a million records).
user_seconds as (
    select
        user_visit_key,
        occurred_at,
        case
            when min(session_visit_key) = max(session_visit_key) then min(session_visit_key)
        end as only_session_visit_key,
        case when min(room_visit_key) = max(room_visit_key) then min(room_visit_key) end as only_room_visit_key
    from joins
    group by 1, 2
),

-- Runs of seconds in one place. Where the next run starts, whoever joined in one place alone went elsewhere.
runs as (
    select
        *,
        coalesce(only_session_visit_key <> lag(only_session_visit_key) over user_moments, true) as is_other_session,
        coalesce(only_room_visit_key <> lag(only_room_visit_key) over user_moments, true) as is_other_room,
        lead(occurred_at) over user_moments as next_at,
        lead(only_session_visit_key) over user_moments as next_only_session_visit_key,
        lead(only_room_visit_key) over user_moments as next_only_room_visit_key
    from user_seconds
    window user_moments as (partition by user_visit_key order by occurred_at)
),

next_runs as (
    select
        *,
        min(case when is_other_session then occurred_at end) over later_moments as next_session_run_at,
        min(case when is_other_room then occurred_at end) over later_moments as next_room_run_at
    from runs
    window later_moments as (
        partition by user_visit_key
        order by occurred_at
        rows between 1 following and unbounded following
    )
),

elsewhere as (
    select
        *,
        lead(next_session_run_at) over user_moments as second_session_run_at,
        lead(next_room_run_at) over user_moments as second_room_run_at
    from next_runs
    window user_moments as (partition by user_visit_key order by occurred_at)
),

-- The first Joined of another session (or room) in a later second, without a join of a user's sessions with each other.
-- Two sessions joined in the same second do not end each other. After such a second, the next one may be of this place
-- alone: then the run after that counts.
moved as (
    select
        joins.*,
        case
            when elsewhere.only_session_visit_key is not null then elsewhere.next_session_run_at
            when elsewhere.next_only_session_visit_key = joins.session_visit_key then elsewhere.second_session_run_at
            else elsewhere.next_at
        end as next_session_joined_at,
        case
            when elsewhere.only_room_visit_key is not null then elsewhere.next_room_run_at
            when elsewhere.next_only_room_visit_key = joins.room_visit_key then elsewhere.second_room_run_at
            else elsewhere.next_at
        end as next_room_joined_at
    from joins
    inner join elsewhere
        on joins.user_visit_key = elsewhere.user_visit_key and joins.occurred_at = elsewhere.occurred_at
),

joined_stays as (
    select
        room_visit_key,
        occurred_at,
        occurred_at as began_at,
        case when was_in then 'rejoined' else 'joined' end as opened_by,
        occurred_at as joined_at,
        joined_activity_key as opened_activity_key,
        -- A Left in the same second that is not the end of an earlier stay ends this one.
        case
            when joined_count < left_count or (joined_count = left_count and not was_in) then occurred_at
            when next_left_count > 0 then next_at
        end as next_left_at,
        case
            when joined_count < left_count or (joined_count = left_count and not was_in) then left_activity_key
            when next_left_count > 0 then next_left_activity_key
        end as next_left_activity_key,
        case when next_left_count = 0 then next_at end as next_rejoined_at,
        case when next_left_count = 0 then next_joined_activity_key end as next_rejoined_activity_key,
        -- A breakout does not end the stay in its parent; any other room ends a stay in a breakout.
        case when is_breakout then next_room_joined_at else next_session_joined_at end as next_elsewhere_at,
        emptied_at,
        emptied_activity_key,
        coalesce(next_joined_at >= emptied_at, true) as is_last_joined
    from moved
),

-- The user may have been there since whatever the room's log says before.
unexplained as (
    select
        room_visit_key,
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
        visits.site_id,
        visits.user_id,
        visits.session_key,
        visits.room_key,
        visits.content_id,
        visits.is_breakout,
        visits.breakout_id,
        visits.session_visit_key,
        stays.*
    from stays
    inner join visits on stays.room_visit_key = visits.room_visit_key
)

select * from final
