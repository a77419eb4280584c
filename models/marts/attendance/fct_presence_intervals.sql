-- Stays in a session with an end for each of the three measures and what opened and closed them.
-- Grain: one row per site, user, room (session or breakout) and second with a Joined in it, or with a Left that no
-- Joined explains.
-- The rules, and what they cannot know: attendance_rules.md beside this file.

with stays as (
    select * from {{ ref('int_closed_stays') }}
),

others as (
    select * from {{ ref('int_others_left') }}
),

session_events as (
    select * from {{ ref('int_session_events') }}
),

-- Where others do not decide: some of those who are never seen again leave before the end, so that an open stay gets a
-- share of the time up to it.
ended as (
    select
        stays.*,
        -- Time that the platform may have added to a Left, or a minute clock cut from a Joined, is not proven.
        case
            when stays.is_unexplained then stays.started_at
            else greatest(stays.started_at, {{ add_seconds(
                "greatest(stays.last_seen_at, coalesce(" ~ add_minutes('stays.left_at', - var('left_delay_minutes'))
                ~ ", stays.last_seen_at))", 'case when stays.has_minute_clock then -59 else 0 end'
            ) }})
        end as proven_ended_at,
        case
            when others.others_left_at is not null
                -- (Who began long before the window opened may have gone elsewhere before it, too.)
                then greatest(stays.last_seen_at, least(others.others_left_at, stays.open_until_at))
            when stays.is_never_closed and stays.ended_by = 'session_end'
                then {{ add_seconds('stays.last_seen_at', 'cast(round(' ~ var('open_stay_remainder_ratio') ~ ' * '
                    ~ seconds_between('stays.last_seen_at', 'greatest(stays.likely_closed_at, stays.last_seen_at)')
                    ~ ') as bigint)') }}
            else greatest(stays.last_seen_at, stays.likely_closed_at)
        end as likely_ended_at,
        case when others.others_left_at is not null then 'others_left' else stays.ended_by end as closed_by
    from stays
    left join others
        on
            stays.room_visit_key = others.room_visit_key
            and stays.occurred_at = others.joined_at
            and not stays.is_unexplained
),

keyed as (
    select
        *,
        {{ hash_key([
            "site_id", "user_id", "room_key",
            "case when is_unexplained then 'left ' else '' end || cast(occurred_at as " ~ dbt.type_string() ~ ")",
        ]) }} as presence_interval_key
    from ended
),

-- The union of the stays of a person in a session, breakouts among them: a stay adds the time after the latest end of
-- all that began before it. (The running maximum and not the end of the one before: 0-60, 5-10, 30-70 is 70, not 100.)
covered as (
    select
        *,
        {%- for measure in ['proven', 'likely', 'possible'] %}
        greatest(started_at, max({{ measure }}_ended_at) over earlier_stays) as {{ measure }}_added_from,
        {%- endfor %}
        greatest(started_at, max(case when is_breakout then likely_ended_at end) over earlier_stays)
            as breakout_added_from,
        max(case when not is_unexplained then likely_ended_at end) over earlier_stays as likely_covered_until
    from keyed
    window earlier_stays as (
        partition by session_visit_key
        order by started_at, presence_interval_key
        rows between unbounded preceding and 1 preceding
    )
),

final as (
    select
        covered.presence_interval_key,
        covered.site_id || ':' || covered.user_id as user_key,
        covered.session_key,
        covered.site_id || ':' || covered.content_id as content_key,
        covered.opened_activity_key,
        covered.closed_activity_key,
        covered.site_id,
        covered.user_id,
        covered.content_id,
        covered.is_breakout,
        covered.breakout_id,
        covered.opened_by,
        covered.closed_by,
        case
            when covered.is_unexplained then 'nothing'
            when covered.left_at is not null then 'left'
            when covered.has_evidence then 'last_activity'
            else 'nothing'
        end as proven_closed_by,
        case when not covered.is_unexplained then covered.occurred_at end as joined_at,
        covered.started_at,
        covered.proven_ended_at,
        covered.likely_ended_at,
        covered.possible_ended_at,
        {%- for measure in ['proven', 'likely', 'possible'] %}
        {{ seconds_between('covered.started_at', 'covered.' ~ measure ~ '_ended_at') }} as {{ measure }}_seconds,
        {%- endfor %}
        {%- for measure in ['proven', 'likely', 'possible'] %}
        greatest(0, {{ seconds_between('covered.' ~ measure ~ '_added_from', 'covered.' ~ measure ~ '_ended_at') }})
            as {{ measure }}_added_seconds,
        {%- endfor %}
        case
            when covered.is_breakout
                then greatest(0, {{ seconds_between('covered.breakout_added_from', 'covered.likely_ended_at') }})
            else 0
        end as breakout_added_seconds,
        case
            when covered.is_unexplained then 0
            else coalesce(greatest(0, {{ seconds_between('covered.likely_covered_until', 'covered.started_at') }}), 0)
        end as gap_before_seconds,
        opened.report_id as opened_report_id,
        opened.record_number as opened_record_number,
        closed.report_id as closed_report_id,
        closed.record_number as closed_record_number
    from covered
    left join session_events as opened on covered.opened_activity_key = opened.activity_key
    left join session_events as closed on covered.closed_activity_key = closed.activity_key
)

select * from final
