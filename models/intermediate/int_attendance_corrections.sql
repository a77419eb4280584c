-- Attendance as a person decided on it, by other evidence than the log.
-- Grain: one row per correction: site, user and session.

-- A row may name an id that counts for another. Of two rows that are of one person then, the later decision counts.
with decisions as (
    select
        seed_rows.site_id,
        {{ merged_user_id('seed_rows.user_id') }} as user_id,
        seed_rows.session_key,
        seed_rows.session_date,
        seed_rows.minutes,
        seed_rows.attended,
        seed_rows.reason,
        seed_rows.decided_by,
        seed_rows.decided_at,
        row_number() over (
            partition by seed_rows.site_id, {{ merged_user_id('seed_rows.user_id') }}, seed_rows.session_key
            order by seed_rows.decided_at desc, seed_rows.user_id asc
        ) as place
    from {{ ref('attendance_corrections') }} as seed_rows
    {{ join_same_users('seed_rows.site_id', 'seed_rows.user_id') }}
),

corrections as (
    select * from decisions
    where place = 1
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
