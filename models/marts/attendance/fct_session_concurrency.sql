-- How many people were in a session at a time, by the likely measure.
-- Grain: one row per session and minute (UTC) with somebody there.

with intervals as (
    select * from {{ ref('fct_presence_intervals') }}
    where likely_added_seconds > 0
),

-- Each stay adds an interval of its own, so no person is counted twice: one more from here, one less there.
changes as (
    select
        session_key,
        {{ add_seconds('likely_ended_at', '- likely_added_seconds') }} as changed_at,
        1 as people_change
    from intervals
    union all
    select
        session_key,
        likely_ended_at as changed_at,
        -1 as people_change
    from intervals
),

moments as (
    select
        session_key,
        changed_at,
        sum(people_change) as people_change
    from changes
    group by 1, 2
),

spans as (
    select
        session_key,
        changed_at,
        sum(people_change) over session_moments as people_count,
        lead(changed_at) over session_moments as until_at
    from moments
    window session_moments as (partition by session_key order by changed_at)
),

-- Only the minutes with somebody there, so that a session held again after a year costs no year of minutes.
minutes as (
    {{ minute_spine('spans', ['session_key', 'people_count', 'changed_at', 'until_at'], 'changed_at', 'until_at') }}
    where people_count > 0
),

final as (
    select
        session_key,
        minute_at,
        cast(max(people_count) as bigint) as peak_people_count,
        cast(sum(people_count * {{ seconds_between(
            'greatest(changed_at, minute_at)', 'least(until_at, ' ~ add_minutes('minute_at', 1) ~ ')'
        ) }}) as bigint) as presence_seconds
    from minutes
    where minute_at < until_at
    group by 1, 2
)

select * from final
