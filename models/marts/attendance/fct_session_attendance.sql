-- Who attended which session and for how long: a bracket of three measures in seconds.
-- Grain: one row per site, user and session that the user joined or left.
-- The rules, and what they cannot know: attendance_rules.md beside this file.

with session_events as (
    select * from {{ ref('int_session_events') }}
    where session_event in ('joined', 'left')
),

intervals as (
    select * from {{ ref('fct_presence_intervals') }}
),

sessions as (
    select * from {{ ref('int_sessions') }}
),

visits as (
    select
        site_id,
        user_id,
        session_key,
        min(occurred_at) filter (where session_event = 'joined') as first_joined_at,
        max(occurred_at) filter (where session_event = 'left') as last_left_at,
        count(*) filter (where session_event = 'joined') as joined_count,
        count(*) filter (where session_event = 'left') as left_count
    from session_events
    group by 1, 2, 3
),

-- The union of stays, breakouts among them: a stay adds what lies after all that earlier ones covered. (The running
-- maximum and not the end before it: 0-60, 5-10, 30-70 is 70 and not 100.)
covered as (
    select
        *,
        max(strict_ended_at) over earlier_stays as strict_covered_until,
        max(likely_ended_at) over earlier_stays as likely_covered_until,
        max(upper_ended_at) over earlier_stays as upper_covered_until
    from intervals
    window earlier_stays as (
        partition by site_id, user_id, session_key
        order by started_at, presence_interval_key
        rows between unbounded preceding and 1 preceding
    )
),

attended as (
    select
        site_id,
        user_id,
        session_key,
        count(*) as stay_count,
        count(*) filter (where closed_by <> 'left') as open_stay_count,
        {%- for measure in ['strict', 'likely', 'upper'] %}
        cast(sum(greatest(0, {{ seconds_between(
            'greatest(started_at, coalesce(' ~ measure ~ '_covered_until, started_at))', measure ~ '_ended_at'
        ) }})) as bigint) as {{ measure }}_seconds{% if not loop.last %},{% endif %}
        {%- endfor %}
    from covered
    group by 1, 2, 3
),

final as (
    select
        visits.site_id || ':' || visits.user_id as user_key,
        visits.session_key,
        sessions.site_id || ':' || sessions.content_id as content_key,
        visits.site_id,
        visits.user_id,
        sessions.content_id,
        case when sessions.session_type = 'private_meeting' then 'Private meeting' else sessions.session_name end
            as session_name,
        sessions.session_type,
        visits.first_joined_at,
        visits.last_left_at,
        visits.joined_count,
        visits.left_count,
        coalesce(attended.stay_count, 0) as stay_count,
        coalesce(attended.open_stay_count, 0) as open_stay_count,
        coalesce(attended.strict_seconds, 0) as strict_seconds,
        coalesce(attended.likely_seconds, 0) as likely_seconds,
        coalesce(attended.upper_seconds, 0) as upper_seconds,
        {{ seconds_between('sessions.window_opened_at', 'sessions.window_closed_at') }} as window_seconds,
        coalesce(attended.{{ var('attendance_measure') }}_seconds, 0)
        >= {{ var('attendance_minimum_seconds') }} as is_attended
    from visits
    inner join sessions on visits.session_key = sessions.session_key
    left join attended
        on
            visits.site_id = attended.site_id
            and visits.user_id = attended.user_id
            and visits.session_key = attended.session_key
)

select * from final
