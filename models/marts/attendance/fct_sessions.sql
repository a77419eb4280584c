-- Sessions: when they were, who planned to come, who came, and how they held their audience.
-- Grain: one row per session (a public session together with its breakouts, or a private meeting).
-- The rules, and what they cannot know: attendance_rules.md beside this file.

with sessions as (
    select * from {{ ref('int_sessions') }}
),

session_events as (
    select * from {{ ref('int_session_events') }}
),

attendance as (
    select * from {{ ref('fct_session_attendance') }}
),

concurrency as (
    select * from {{ ref('fct_session_concurrency') }}
),

evidence as (
    select * from {{ ref('int_presence_evidence') }}
),

-- One row per person and session: planned, came, or both.
people as (
    select
        session_key,
        user_id,
        bool_or(session_event = 'attend') as is_registered,
        bool_or(session_event in ('joined', 'left')) as is_live
    from session_events
    group by 1, 2
),

planned_and_came as (
    select
        session_key,
        count(*) filter (where is_registered) as registered_count,
        count(*) filter (where is_live) as unique_people_count,
        count(*) filter (where is_registered and not is_live) as no_show_count
    from people
    group by 1
),

ordered as (
    select
        session_key,
        first_joined_at,
        likely_until_at,
        row_number() over (partition by session_key order by first_joined_at nulls last) as came_number,
        row_number() over (partition by session_key order by likely_until_at desc nulls last) as went_number
    from attendance
    where is_attended
),

company as (
    select
        session_key,
        max(case when came_number = 2 then first_joined_at end) as second_came_at,
        max(case when went_number = 2 then likely_until_at end) as last_but_one_went_at,
        {{ quantile('likely_until_at', var('session_core_quantile')) }} as most_went_at
    from ordered
    group by 1
),

-- Start and end for who left early. A schedule says them. Else one person alone is no session, and it may have been
-- over when most had gone.
bounded as (
    select
        sessions.session_key,
        sessions.ended_at,
        case
            when sessions.started_at = sessions.scheduled_start_at then sessions.started_at
            else greatest(sessions.started_at, least(
                coalesce(company.second_came_at, sessions.started_at), sessions.ended_at
            ))
        end as met_at,
        case
            when sessions.ended_at = sessions.scheduled_end_at then sessions.ended_at
            else least(sessions.ended_at, company.last_but_one_went_at)
        end as parted_at,
        case
            when sessions.ended_at = sessions.scheduled_end_at then sessions.ended_at
            else least(sessions.ended_at, company.last_but_one_went_at, company.most_went_at)
        end as may_have_ended_at
    from sessions
    left join company on sessions.session_key = company.session_key
),

-- Whoever is early by what the log allows left early for sure, and whoever is not early by what it proves stayed for
-- sure.
judged as (
    select
        attendance.*,
        coalesce(
            {{ seconds_between('bounded.met_at', 'attendance.possible_until_at') }}
            < {{ var('left_early_ratio') }}
            * {{ seconds_between('bounded.met_at', 'bounded.may_have_ended_at') }}, false
        ) as is_early_at_least,
        coalesce(
            {{ seconds_between('bounded.met_at', 'attendance.likely_until_at') }}
            < {{ var('left_early_ratio') }}
            * {{ seconds_between('bounded.met_at', 'bounded.parted_at') }}, false
        ) as is_likely_early,
        coalesce(
            {{ seconds_between('bounded.met_at', 'attendance.proven_until_at') }}
            < {{ var('left_early_ratio') }}
            * {{ seconds_between('bounded.met_at', 'bounded.ended_at') }}, false
        ) as is_early_at_most
    from attendance
    inner join bounded on attendance.session_key = bounded.session_key
),

attended as (
    select
        session_key,
        count(*) filter (where is_attended) as attendee_count,
        count(*) filter (where is_attended_proven) as proven_attendee_count,
        count(*) filter (where is_attended_possible) as possible_attendee_count,
        avg(likely_seconds) as average_likely_seconds,
        cast(sum(proven_seconds) as bigint) as proven_seconds,
        cast(sum(likely_seconds) as bigint) as likely_seconds,
        cast(sum(possible_seconds) as bigint) as possible_seconds,
        count(*) filter (where is_attended and is_likely_early) as left_early_count,
        count(*) filter (where is_attended_proven and is_early_at_least) as proven_left_early_count,
        count(*) filter (where is_attended_possible and is_early_at_most) as possible_left_early_count,
        count(*) filter (where is_attended and not is_likely_early) as stayed_count,
        count(*) filter (where is_attended_proven and not is_early_at_most) as proven_stayed_count,
        count(*) filter (where is_attended_possible and not is_early_at_least) as possible_stayed_count
    from judged
    group by 1
),

peaks as (
    select
        session_key,
        max(peak_people_count) as peak_people_count,
        min_by(minute_at, (-peak_people_count, minute_at)) as peak_minute_at
    from concurrency
    group by 1
),

activities as (
    select
        evidence.session_key,
        count(*) as interaction_count
    from evidence
    inner join sessions
        on
            evidence.session_key = sessions.session_key
            and evidence.occurred_at between sessions.window_opened_at and sessions.window_closed_at
    group by 1
),

-- Lefts that lie on one second of different minutes are written by a job that looks from time to time who is gone.
left_seconds as (
    select
        session_key,
        {{ seconds_between(dbt.date_trunc('minute', 'occurred_at'), 'occurred_at') }} as second_of_minute,
        count(*) as left_count,
        count(distinct {{ dbt.date_trunc('minute', 'occurred_at') }}) as minute_count
    from session_events
    where session_event = 'left'
    group by 1, 2
),

batched as (
    select
        session_key,
        sum(left_count) >= 5 and max(minute_count) >= 3 and max(left_count) >= 0.9 * sum(left_count)
            as has_batched_lefts
    from left_seconds
    group by 1
),

final as (
    select
        sessions.session_key,
        sessions.site_id || ':' || sessions.content_id as content_key,
        sessions.site_id,
        sessions.content_id,
        sessions.occurrence_number,
        {{ public_name('sessions.session_type', 'sessions.session_name') }} as session_name,
        sessions.session_type,
        sessions.session_type_source,
        {{ local_date('sessions.started_at') }} as session_date,
        sessions.started_at,
        sessions.ended_at,
        sessions.window_opened_at,
        sessions.window_closed_at,
        sessions.window_source,
        sessions.scheduled_start_at,
        sessions.scheduled_end_at,
        sessions.has_minute_clock,
        coalesce(batched.has_batched_lefts, false) and not sessions.has_minute_clock as has_batched_lefts,
        planned_and_came.registered_count,
        planned_and_came.unique_people_count,
        planned_and_came.no_show_count,
        {%- for people in ['attendee', 'stayed', 'left_early'] %}
        {%- for measure in ['', 'proven_', 'possible_'] %}
        {%- set count = measure ~ people ~ '_count' %}
        coalesce(attended.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        {%- endfor %}
        coalesce(peaks.peak_people_count, 0) as peak_people_count,
        peaks.peak_minute_at,
        coalesce(attended.likely_seconds, 0)
        / nullif(cast({{ seconds_between('sessions.started_at', 'sessions.ended_at') }} as double), 0)
            as average_people,
        attended.average_likely_seconds,
        coalesce(attended.proven_seconds, 0) as proven_seconds,
        coalesce(attended.likely_seconds, 0) as likely_seconds,
        coalesce(attended.possible_seconds, 0) as possible_seconds,
        coalesce(activities.interaction_count, 0) as interaction_count,
        cast(coalesce(activities.interaction_count, 0) as double) / nullif(attended.attendee_count, 0)
            as interactions_per_attendee
    from sessions
    inner join planned_and_came on sessions.session_key = planned_and_came.session_key
    left join attended on sessions.session_key = attended.session_key
    left join peaks on sessions.session_key = peaks.session_key
    left join batched on sessions.session_key = batched.session_key
    left join activities on sessions.session_key = activities.session_key
)

select * from final
