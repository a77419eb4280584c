-- Attendance that a person corrected by other evidence, beside what the log says. Personal data.
-- Grain: one row per correction: site, user and session.

with corrections as (
    select * from {{ ref('int_attendance_corrections') }}
),

attendance as (
    select * from {{ ref('fct_session_attendance') }}
),

final as (
    select
        corrections.site_id || ':' || corrections.user_id as user_key,
        corrections.session_key,
        corrections.site_id,
        corrections.user_id,
        corrections.is_applied,
        attendance.session_key is not null as is_in_log,
        coalesce(attendance.proven_seconds, 0) as proven_seconds,
        coalesce(attendance.likely_seconds, 0) as likely_seconds,
        coalesce(attendance.possible_seconds, 0) as possible_seconds,
        coalesce(attendance.is_attended, false) as is_attended,
        corrections.corrected_seconds,
        corrections.is_attended_corrected,
        corrections.reason,
        corrections.decided_by,
        corrections.decided_at
    from corrections
    left join attendance
        on
            corrections.site_id = attendance.site_id
            and corrections.user_id = attendance.user_id
            and corrections.session_key = attendance.session_key
)

select * from final
