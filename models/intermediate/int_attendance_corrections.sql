-- Attendance as a person decided on it, by other evidence than the log.
-- Grain: one row per correction: site, user and session.

with corrections as (
    select * from {{ ref('attendance_corrections') }}
),

sessions as (
    select
        *,
        {{ local_date('started_at') }} as session_date,
        {{ seconds_between('started_at', 'ended_at') }} as session_seconds,
        content_id is not null and count(*) over (partition by site_id, content_id) = 1 as has_lasting_key
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
        -- The sessions of a page are counted, so the day must say which one is meant.
        users.user_id is not null
        and coalesce(corrections.session_date = sessions.session_date, sessions.has_lasting_key, false) as is_applied,
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
