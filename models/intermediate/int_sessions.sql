-- Sessions with the window in which presence counts: from the schedule where there is one, else inferred from the log.
-- Grain: one row per session (a public session together with its breakouts, or a private meeting).

with session_events as (
    select * from {{ ref('int_session_events') }}
),

evidence as (
    select
        session_key,
        user_id,
        max(occurred_at) as last_evidence_at
    from {{ ref('int_presence_evidence') }}
    group by 1, 2
),

schedule as (
    select
        site_id,
        content_id,
        session_type,
        {{ to_utc('starts_at', "coalesce(time_zone, 'UTC')") }} as starts_at,
        {{ to_utc('ends_at', "coalesce(time_zone, 'UTC')") }} as ends_at
    from {{ ref('session_schedule') }}
),

-- A session that is only known from its breakouts has the name that these give to it. What takes place off any content
-- page, though the report has the content columns, is taken for a private meeting.
sessions as (
    select
        site_id,
        session_key,
        content_id,
        coalesce(
            {{ newest('case when not is_breakout then session_name end', ['occurred_at']) }},
            {{ newest('session_name', ['occurred_at']) }}
        ) as session_name,
        bool_and(is_off_content_page) and not bool_and(is_breakout) as is_off_content_page
    from session_events
    group by 1, 2, 3
),

people as (
    select
        session_key,
        user_id,
        min(occurred_at) filter (where session_event = 'joined') as first_joined_at,
        max(occurred_at) filter (where session_event = 'left') as last_left_at,
        max(occurred_at) as last_seen_at
    from session_events
    where session_event in ('joined', 'left')
    group by 1, 2
),

-- Who has no Left is known to have been there until the last activity that proves presence.
last_known as (
    select
        people.session_key,
        people.first_joined_at,
        coalesce(people.last_left_at, greatest(people.last_seen_at, evidence.last_evidence_at)) as last_known_at,
        people.last_left_at is not null or evidence.last_evidence_at > people.last_seen_at as has_end,
        people.last_seen_at
    from people
    left join evidence on people.session_key = evidence.session_key and people.user_id = evidence.user_id
),

-- The quantiles keep a presenter who came an hour early, or a few who never left, from stretching the session.
quantiles as (
    select
        session_key,
        {{ quantile('first_joined_at', var('session_window_quantile')) }} as early_joined_at,
        {{ quantile('first_joined_at', 1 - var('session_core_quantile')) }} as core_joined_at,
        {{ quantile('case when has_end then last_known_at end', 1 - var('session_window_quantile')) }} as late_known_at,
        {{ quantile('case when has_end then last_known_at end', var('session_core_quantile')) }} as core_known_at,
        min(last_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from last_known
    group by 1
),

-- With nine people or fewer these quantiles are the first and the last of them: the core of the people tells whether one
-- of those is a straggler, such as a browser that was left open overnight.
inferred as (
    select
        session_key,
        case
            when early_joined_at < {{ add_minutes('core_joined_at', -60 * var('straggler_hours')) }} then core_joined_at
            else early_joined_at
        end as first_joined_at,
        case
            when late_known_at > {{ add_minutes('core_known_at', 60 * var('straggler_hours')) }} then core_known_at
            else late_known_at
        end as last_known_at,
        first_seen_at,
        last_seen_at
    from quantiles
),

windowed as (
    select
        sessions.site_id,
        sessions.session_key,
        sessions.content_id,
        sessions.session_name,
        schedule.session_type as scheduled_type,
        case when sessions.is_off_content_page then 'private_meeting' else 'session' end as inferred_type,
        coalesce(schedule.starts_at, inferred.first_joined_at, inferred.first_seen_at) as started_at,
        coalesce(schedule.ends_at, inferred.last_known_at, inferred.last_seen_at) as ended_at,
        case
            when schedule.starts_at is not null then 'schedule'
            when inferred.session_key is not null then 'inferred'
        end as window_source
    from sessions
    left join inferred on sessions.session_key = inferred.session_key
    left join schedule
        on sessions.site_id = schedule.site_id and sessions.content_id = schedule.content_id
),

final as (
    select
        site_id,
        session_key,
        content_id,
        session_name,
        coalesce(scheduled_type, inferred_type) as session_type,
        case when scheduled_type is null then 'inferred' else 'schedule' end as session_type_source,
        started_at,
        greatest(started_at, ended_at) as ended_at,
        {{ add_minutes('started_at', - var('session_buffer_before_minutes')) }} as window_opened_at,
        {{ add_minutes('greatest(started_at, ended_at)', var('session_buffer_after_minutes')) }}
            as window_closed_at,
        {{ add_minutes('greatest(started_at, ended_at)', 60 * var('straggler_hours')) }} as straggled_at,
        window_source
    from windowed
)

select * from final
