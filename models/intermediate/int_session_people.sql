-- When each person of a session came and left, and whether they had gone for good.
-- Grain: one row per session and person with a Joined or a Left.

with session_events as (
    select * from {{ ref('int_session_events') }}
    where session_event in ('joined', 'left')
),

people as (
    select
        session_key,
        user_id,
        min(occurred_at) filter (where session_event = 'joined') as first_joined_at,
        max(occurred_at) filter (where session_event = 'joined') as last_joined_at,
        max(occurred_at) filter (where session_event = 'joined' and not is_breakout) as last_main_joined_at,
        max(occurred_at) filter (where session_event = 'left' and not is_breakout) as last_main_left_at,
        max(occurred_at) filter (where session_event = 'left') as last_left_at,
        max(occurred_at) as last_seen_at
    from session_events
    group by 1, 2
),

-- Gone for good are those whose last record is a Left, unless it is one of a breakout and they never left the session
-- itself. Of one second it is the Joined that counts, if they had come before. fct_presence_intervals asks it again
-- without the Lefts long after the end, which is not known here.
final as (
    select
        session_key,
        user_id,
        first_joined_at,
        last_joined_at,
        last_left_at,
        last_seen_at,
        last_left_at is not null
        and (
            last_joined_at is null
            or last_left_at > last_joined_at
            or (last_left_at = last_joined_at and first_joined_at = last_joined_at)
        )
        and (last_main_joined_at is null or coalesce(last_main_left_at >= last_main_joined_at, false)) as is_gone
    from people
)

select * from final
