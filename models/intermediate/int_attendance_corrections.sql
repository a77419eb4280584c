-- Attendance as a person decided on it, by other evidence than the log.
-- Grain: one row per correction: site, user and session.

with corrections as (
    select * from {{ ref('attendance_corrections') }}
),

sessions as (
    select
        *,
        {{ seconds_between('started_at', 'ended_at') }} as session_seconds
    from {{ ref('int_sessions') }}
),

users as (
    select distinct
        site_id,
        user_id
    from {{ ref('base_juno__user_names') }}
),

matched as (
    select
        corrections.*,
        sessions.content_id,
        sessions.started_at,
        sessions.session_key is not null and users.user_id is not null as is_applied,
        cast(60 * corrections.minutes as bigint) as corrected_seconds,
        case
            when sessions.session_seconds > 0 and corrections.minutes is not null
                then least(1.0, cast(60 * corrections.minutes as double) / sessions.session_seconds)
        end as corrected_ratio
    from corrections
    left join sessions
        on corrections.site_id = sessions.site_id and corrections.session_key = sessions.session_key
    left join users on corrections.site_id = users.site_id and corrections.user_id = users.user_id
),

final as (
    select
        site_id,
        user_id,
        session_key,
        content_id,
        started_at,
        is_applied,
        corrected_seconds,
        corrected_ratio,
        coalesce(attended, {{ is_attended('corrected') }}) as is_attended_corrected,
        reason,
        decided_by,
        decided_at
    from matched
)

select * from final
