-- The start and the end of a session as the log shows them, and how many people show that its schedule is wrong.
-- Grain: one row per session with a Joined or a Left.

with people as (
    select * from {{ ref('int_session_people') }}
),

runs as (
    select * from {{ ref('int_session_runs') }}
),

scheduled as (
    select * from {{ ref('int_session_schedule') }}
),

evidence as (
    select * from {{ ref('int_presence_evidence') }}
),

-- Long after the session an activity, such as a rating of the next day, proves no presence.
late_bounds as (
    select
        runs.session_key,
        case
            when runs.has_lefts or scheduled.ends_at is not null
                then {{ add_minutes('greatest(runs.run_until_at, scheduled.ends_at)', var('late_activity_minutes')) }}
            else {{ add_minutes('runs.run_until_at', 60 * var('straggler_hours')) }}
        end as late_at
    from runs
    left join scheduled
        on
            runs.session_key = scheduled.session_key
            and scheduled.starts_at <= {{ add_minutes('runs.run_until_at', 60 * var('straggler_hours')) }}
),

timely_evidence as (
    select
        evidence.session_key,
        evidence.user_id,
        max(evidence.occurred_at) as last_evidence_at
    from evidence
    inner join late_bounds
        on evidence.session_key = late_bounds.session_key and evidence.occurred_at <= late_bounds.late_at
    group by 1, 2
),

-- A person not known to have gone was there at least until the last Joined, Left or activity that proves presence.
last_known as (
    select
        people.session_key,
        people.first_joined_at,
        people.is_gone,
        case
            when people.is_gone then {{ add_seconds('people.last_left_at', -30 * var('left_delay_minutes')) }}
            else greatest(people.last_seen_at, coalesce(timely_evidence.last_evidence_at, people.last_seen_at))
        end as last_known_at,
        people.last_seen_at,
        runs.has_lefts
    from people
    inner join runs on people.session_key = runs.session_key
    left join timely_evidence
        on people.session_key = timely_evidence.session_key and people.user_id = timely_evidence.user_id
),

shown as (
    select
        *,
        -- A lone Joined shows no end, and would pull the quantiles to the start.
        case when is_gone or last_known_at > first_joined_at then last_known_at end as shown_until_at
    from last_known
),

-- The quantiles keep a presenter who came an hour early, or a few who never left, from stretching the session.
quantiles as (
    select
        session_key,
        has_lefts,
        {{ quantile('first_joined_at', 1 - var('session_window_quantile')) }} as late_joined_at,
        -- A log that lacks most Lefts lacks those of the end: then the last of all that is known ends it.
        case
            when has_lefts then {{ quantile('shown_until_at', 1 - var('session_window_quantile')) }}
            else max(last_known_at)
        end as late_known_at,
        -- Of two people the one who goes first ends it.
        case
            when count(shown_until_at) = 2 and count(case when is_gone then 1 end) = 2 then min(shown_until_at)
            else {{ quantile('shown_until_at', var('session_core_quantile')) }}
        end as core_known_at,
        count(*) as people_count,
        count(first_joined_at) as came_count,
        count(case when is_gone then 1 end) as gone_count,
        count(shown_until_at) as shown_count,
        min(coalesce(first_joined_at, last_seen_at)) as first_there_at,
        max(last_seen_at) as last_seen_at
    from shown
    group by 1, 2
),

-- How many people show that a schedule is wrong by more than the buffers.
outside as (
    select
        scheduled.session_key,
        count(case
            when
                last_known.first_joined_at
                < {{ add_minutes('scheduled.starts_at', - var('session_buffer_before_minutes')) }}
                then 1
        end) as came_before_count,
        count(case
            when
                last_known.last_known_at
                > {{ add_minutes('scheduled.ends_at', var('session_buffer_after_minutes')) }}
                then 1
        end) as there_after_count
    from scheduled
    inner join last_known on scheduled.session_key = last_known.session_key
    group by 1
),

-- With nine people or fewer these quantiles are the first and the last of them: the core of the people shows whether
-- one of those is a straggler, such as a browser that was left open overnight. It did not end before nine tenths came.
final as (
    select
        quantiles.session_key,
        runs.first_joined_at,
        greatest(
            {{ without_straggler('quantiles.late_known_at', 'quantiles.core_known_at') }},
            quantiles.late_joined_at
        ) as last_known_at,
        runs.early_joined_at,
        quantiles.people_count,
        quantiles.came_count,
        quantiles.gone_count,
        quantiles.shown_count,
        quantiles.first_there_at,
        runs.first_seen_at,
        quantiles.last_seen_at,
        outside.came_before_count,
        outside.there_after_count
    from quantiles
    inner join runs on quantiles.session_key = runs.session_key
    left join outside on quantiles.session_key = outside.session_key
)

select * from final
