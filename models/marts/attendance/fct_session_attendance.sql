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
    select
        *,
        {{ seconds_between('started_at', 'ended_at') }} as session_seconds,
        {{ seconds_between('window_opened_at', 'window_closed_at') }} as window_seconds
    from {{ ref('int_sessions') }}
),

corrections as (
    select * from {{ ref('int_attendance_corrections') }}
    where is_applied
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

-- The part before the start and after the end of the session, of the time that a stay adds to the likely measure.
measured as (
    select
        intervals.*,
        greatest(0, least(
            intervals.likely_added_seconds,
            {{ seconds_between('intervals.likely_ended_at', 'sessions.started_at') }} + intervals.likely_added_seconds
        )) as before_seconds,
        greatest(0, least(
            intervals.likely_added_seconds,
            {{ seconds_between('sessions.ended_at', 'intervals.likely_ended_at') }}
        )) as after_seconds
    from intervals
    inner join sessions on intervals.session_key = sessions.session_key
),

summed as (
    select
        site_id,
        user_id,
        session_key,
        count(*) filter (where opened_by <> 'nothing') as stay_count,
        count(*) filter (where closed_by <> 'left') as open_stay_count,
        count(*) filter (where gap_before_seconds > 0) as gap_count,
        {%- for seconds in [
            'proven_added', 'likely_added', 'possible_added', 'gap_before', 'before', 'after', 'breakout_added'
        ] %}
        cast(sum({{ seconds }}_seconds) as bigint) as {{ seconds }}_seconds,
        {%- endfor %}
        max(proven_ended_at) as proven_until_at,
        -- A Left that no Joined explains has no minutes, but says until when.
        max(case when opened_by = 'nothing' then possible_ended_at else likely_ended_at end) as likely_until_at,
        max(possible_ended_at) as possible_until_at
    from measured
    group by 1, 2, 3
),

attended as (
    select
        visits.*,
        sessions.content_id,
        {{ public_name('sessions.session_type', 'sessions.session_name') }} as session_name,
        sessions.session_type,
        {{ local_date('sessions.started_at') }} as session_date,
        sessions.session_seconds,
        sessions.window_seconds,
        coalesce(summed.stay_count, 0) as stay_count,
        coalesce(summed.open_stay_count, 0) as open_stay_count,
        coalesce(summed.gap_count, 0) as gap_count,
        {%- for measure in ['proven', 'likely', 'possible'] %}
        coalesce(summed.{{ measure }}_added_seconds, 0) as {{ measure }}_seconds,
        case
            when sessions.session_seconds > 0
                then least(
                    1.0, cast(coalesce(summed.{{ measure }}_added_seconds, 0) as double) / sessions.session_seconds
                )
        end as {{ measure }}_ratio,
        summed.{{ measure }}_until_at,
        {%- endfor %}
        coalesce(summed.gap_before_seconds, 0) as gap_seconds,
        coalesce(summed.before_seconds, 0) as before_start_seconds,
        coalesce(summed.after_seconds, 0) as after_end_seconds,
        coalesce(summed.breakout_added_seconds, 0) as breakout_seconds
    from visits
    inner join sessions on visits.session_key = sessions.session_key
    left join summed
        on
            visits.site_id = summed.site_id
            and visits.user_id = summed.user_id
            and visits.session_key = summed.session_key
),

decided as (
    select
        *,
        {{ is_attended(var('attendance_measure')) }} as is_attended,
        {{ is_attended('proven') }} as is_attended_proven,
        {{ is_attended('possible') }} as is_attended_possible
    from attended
),

final as (
    select
        decided.site_id || ':' || decided.user_id as user_key,
        decided.session_key,
        decided.site_id || ':' || decided.content_id as content_key,
        decided.site_id,
        decided.user_id,
        decided.content_id,
        decided.session_name,
        decided.session_type,
        decided.session_date,
        decided.first_joined_at,
        decided.last_left_at,
        decided.joined_count,
        decided.left_count,
        decided.stay_count,
        decided.open_stay_count,
        decided.gap_count,
        decided.proven_seconds,
        decided.likely_seconds,
        decided.possible_seconds,
        decided.proven_until_at,
        decided.likely_until_at,
        decided.possible_until_at,
        decided.window_seconds,
        decided.session_seconds,
        decided.proven_ratio,
        decided.likely_ratio,
        decided.possible_ratio,
        cast(decided.proven_seconds as double) / nullif(decided.likely_seconds, 0) as evidence_ratio,
        decided.gap_seconds,
        decided.before_start_seconds,
        decided.after_end_seconds,
        decided.breakout_seconds,
        decided.is_attended,
        decided.is_attended_proven,
        decided.is_attended_possible,
        corrections.corrected_seconds,
        coalesce(corrections.is_attended_corrected, decided.is_attended) as is_attended_corrected,
        corrections.session_key is not null as is_corrected
    from decided
    left join corrections
        on
            decided.site_id = corrections.site_id
            and decided.user_id = corrections.user_id
            and decided.session_key = corrections.session_key
)

select * from final
