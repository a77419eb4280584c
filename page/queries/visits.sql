-- The people of each session and how long they stayed, the newest sessions first.
-- The stays begin with a moment, and have seconds after it: in 1778576760 0-660 1080- the second has no Left. Of many
-- stays, the first five are listed.
-- Only the days that are needed for the rows of the page are sorted, and only the stays of these rows are written.
with days as (
    select
        session_date,
        sum(count(*)) over (order by session_date desc nulls last) as visit_count
    from marts.fct_session_attendance
    group by session_date
),

-- Null where all days are needed.
last_day as (
    select max(session_date) as session_date from days
    where visit_count >= getvariable('rows_at_most')
),

shown as (
    select attendance.*
    from marts.fct_session_attendance as attendance
    cross join last_day
    where attendance.session_date >= last_day.session_date or last_day.session_date is null
    order by
        attendance.session_date desc nulls last,
        attendance.session_key asc,
        attendance.likely_seconds desc,
        attendance.user_key asc
    limit getvariable('rows_at_most')
),

stays as (
    select
        intervals.session_key,
        intervals.user_key,
        min(intervals.started_at) as first_started_at,
        list(
            {
                'opened_by': intervals.opened_by,
                'closed_by': intervals.closed_by,
                'started_at': intervals.started_at,
                'ended_at': intervals.likely_ended_at
            }
            order by intervals.started_at, intervals.presence_interval_key
        ) as listed
    from marts.fct_presence_intervals as intervals
    semi join shown on intervals.session_key = shown.session_key and intervals.user_key = shown.user_key
    group by intervals.session_key, intervals.user_key
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
    ) as attended,
    (select count(*) from marts.fct_session_attendance) as total_row_count
from shown as attendance
left join written on attendance.session_key = written.session_key and attendance.user_key = written.user_key
left join restricted.user_details as users on attendance.user_key = users.user_key
order by
    attendance.session_date desc nulls last,
    attendance.session_key asc,
    attendance.likely_seconds desc,
    attendance.user_key asc
