-- When the people of a session came and left, without those who came or left long before or after the others.
-- Grain: one row per session with a Joined or a Left.

with people as (
    select * from {{ ref('int_session_people') }}
),

records as (
    select
        session_key,
        {{ quantile('first_joined_at', var('session_window_quantile')) }} as early_joined_at,
        {{ quantile('first_joined_at', 1 - var('session_core_quantile')) }} as core_joined_at,
        {{ quantile('last_joined_at', 1 - var('session_window_quantile')) }} as last_joined_at,
        {{ quantile('last_left_at', var('session_core_quantile')) }} as core_left_at,
        {{ quantile('last_left_at', 1 - var('session_window_quantile')) }} as late_left_at,
        3 * count(last_left_at) >= count(*) as has_lefts,
        min(last_seen_at) as first_seen_at
    from people
    group by 1
),

final as (
    select
        session_key,
        {{ without_straggler('early_joined_at', 'core_joined_at') }} as first_joined_at,
        greatest({{ without_straggler('late_left_at', 'core_left_at') }}, last_joined_at) as run_until_at,
        early_joined_at,
        has_lefts,
        first_seen_at
    from records
)

select * from final
