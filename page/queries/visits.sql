-- The people of each session and how long they stayed, the newest sessions first.
-- The stays begin with a moment, and have seconds after it: in 1778576760 0-660 1080- the second has no Left. Of many
-- stays, the first five are listed.
with stays as (
    select
        session_key,
        user_key,
        min(started_at) as first_started_at,
        list(
            { 'opened_by': opened_by, 'closed_by': closed_by, 'started_at': started_at, 'ended_at': likely_ended_at }
            order by started_at, presence_interval_key
        ) as listed
    from marts.fct_presence_intervals
    group by session_key, user_key
),

written as (
    select
        stays.session_key,
        stays.user_key,
        cast(epoch(stays.first_started_at) as bigint) || ' ' || array_to_string([
            case
                when
                    stay.opened_by <> 'nothing'
                    then cast(date_diff('second', stays.first_started_at, stay.started_at) as varchar)
                else ''
            end
            || '-'
            || case
                when
                    stay.closed_by = 'left'
                    then cast(date_diff('second', stays.first_started_at, stay.ended_at) as varchar)
                else ''
            end
            for stay in stays.listed[:5]
        ], ' ') || case when len(stays.listed) > 5 then ' +' || (len(stays.listed) - 5) else '' end as stays
    from stays
)

select
    attendance.site_id,
    attendance.session_key,
    attendance.user_key,
    attendance.session_name,
    attendance.session_date,
    coalesce(users.full_name, attendance.user_id) as full_name,
    users.company,
    written.stays,
    attendance.proven_seconds,
    attendance.likely_seconds,
    attendance.possible_seconds,
    attendance.breakout_seconds,
    attended_in_words(
        attendance.is_attended, attendance.is_attended_proven, attendance.is_attended_possible,
        attendance.is_corrected, attendance.is_attended_corrected
    ) as attended
from marts.fct_session_attendance as attendance
left join written on attendance.session_key = written.session_key and attendance.user_key = written.user_key
left join restricted.user_details as users on attendance.user_key = users.user_key
order by
    attendance.session_date desc nulls last,
    attendance.session_key asc,
    attendance.likely_seconds desc,
    attendance.user_key asc
