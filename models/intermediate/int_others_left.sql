-- When the others had left, for each stay that the log never closes: the likely end of the stay.
-- Grain: one row per such stay of a session in which enough of the others are known to have left later.

with stays as (
    select * from {{ ref('int_closed_stays') }}
),

sessions as (
    select * from {{ ref('int_sessions') }}
),

session_events as (
    select * from {{ ref('int_session_events') }}
    where session_event in ('joined', 'left')
),

-- When people left for good: their last Left, if they joined no more.
visits as (
    select
        session_events.session_key,
        session_events.user_id,
        max(sessions.session_type) as session_type,
        max(sessions.started_at) as started_at,
        min(session_events.occurred_at) filter (where session_events.session_event = 'joined') as first_joined_at,
        max(session_events.occurred_at) filter (where session_events.session_event = 'joined') as last_joined_at,
        max(session_events.occurred_at) filter (
            where session_events.session_event = 'left' and session_events.occurred_at <= sessions.straggled_at
        ) as last_left_at
    from session_events
    inner join sessions on session_events.session_key = sessions.session_key
    group by 1, 2
),

-- A person who left a breakout may still be in the session, and is none of the others.
open_visits as (
    select distinct
        session_key,
        user_id
    from stays
    where is_never_closed
),

leavers as (
    select
        visits.session_key,
        {{ add_seconds('visits.last_left_at', - 30 * var('left_delay_minutes')) }} as last_left_at,
        visits.session_type,
        row_number() over (partition by visits.session_key order by visits.last_left_at) as leaver_number
    from visits
    left join open_visits
        on visits.session_key = open_visits.session_key and visits.user_id = open_visits.user_id
    where
        visits.last_left_at is not null
        and (visits.last_joined_at is null or visits.last_left_at > visits.last_joined_at)
        and open_visits.user_id is null
        -- A passer-by is none of the others.
        and {{ seconds_between('coalesce(visits.first_joined_at, visits.started_at)', 'visits.last_left_at') }}
        >= {{ var('open_stay_passer_by_ratio') }} * {{ seconds_between('visits.started_at', 'visits.last_left_at') }}
),

-- Leavers and stays that never close, in one order: each of these knows how many had left before it was last seen.
leavers_and_open_stays as (
    select
        session_key,
        last_left_at as occurred_at,
        cast(null as timestamp) as joined_at,
        cast(null as bigint) as room_visit_key,
        1 as is_leaver
    from leavers
    union all
    select
        session_key,
        last_seen_at as occurred_at,
        occurred_at as joined_at,
        room_visit_key,
        0 as is_leaver
    from stays
    where is_never_closed
),

counted as (
    select
        *,
        cast(sum(is_leaver) over (partition by session_key) - sum(is_leaver) over (
            partition by session_key
            order by occurred_at
            range between unbounded preceding and current row
        ) as bigint) as later_count,
        cast(sum(is_leaver) over (partition by session_key) as bigint) as leaver_count,
        cast(sum(1 - is_leaver) over (partition by session_key) as bigint) as open_count
    from leavers_and_open_stays
),

-- Others decide only if enough of them are known to have left later, at least half as many as there are open stays.
final as (
    select
        counted.room_visit_key,
        counted.joined_at,
        leavers.last_left_at as others_left_at
    from counted
    inner join leavers
        on
            counted.session_key = leavers.session_key
            and counted.leaver_count - counted.later_count
            + cast(ceil({{ var('open_stay_leavers_ratio') }} * counted.later_count) as bigint) = leavers.leaver_number
    where
        counted.is_leaver = 0
        -- In a private meeting of two, the other one is enough.
        and counted.later_count
        >= case when leavers.session_type = 'private_meeting' then 1 else {{ var('open_stay_leavers_minimum') }} end
        and 2 * counted.later_count >= counted.open_count
)

select * from final
