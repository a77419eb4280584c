-- How many people were in a session at a time, by the likely measure.
-- Grain: one row per session and minute (UTC) from its first presence to its last.

with intervals as (
    select * from {{ ref('fct_presence_intervals') }}
    where likely_added_seconds > 0
),

-- What each stay adds is an interval of its own, so no person is counted twice: one more from here, one less from there.
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

bounds as (
    select
        session_key,
        {{ dbt.date_trunc('minute', 'min(changed_at)') }} as first_minute_at,
        max(changed_at) as last_changed_at
    from changes
    group by 1
),

minutes as (
    {{ minute_spine('bounds', 'session_key', 'first_minute_at', 'last_changed_at') }}
),

-- A change of nobody at each full minute, so that no span between two changes lies in two minutes.
moments as (
    select
        session_key,
        changed_at,
        sum(people_change) as people_change
    from (
        select * from changes
        union all
        select
            session_key,
            minute_at as changed_at,
            0 as people_change
        from minutes
    ) as changes_and_minutes
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

final as (
    select
        session_key,
        {{ dbt.date_trunc('minute', 'changed_at') }} as minute_at,
        cast(max(people_count) as bigint) as peak_people_count,
        cast(sum(people_count * {{ seconds_between('changed_at', 'until_at') }}) as bigint) as presence_seconds
    from spans
    where until_at is not null
    group by 1, 2
)

select * from final
