-- Stays in a session with an end for each of the three measures and what opened and closed them.
-- Grain: one row per site, user, room (session or breakout) and second with a Joined in it, or with a Left that no
-- Joined explains.
-- The rules, and what they cannot know: attendance_rules.md beside this file.

with stays as (
    select * from {{ ref('int_presence_stays') }}
),

sessions as (
    select * from {{ ref('int_sessions') }}
),

evidence as (
    select * from {{ ref('int_presence_evidence') }}
),

session_events as (
    select * from {{ ref('int_session_events') }}
),

-- A Left long after the end is a browser that was left open, and counts as lost.
believed as (
    select
        stays.site_id,
        stays.user_id,
        stays.session_key,
        stays.room_key,
        stays.room_visit_key,
        stays.session_visit_key,
        stays.content_id,
        stays.is_breakout,
        stays.breakout_id,
        stays.opened_by,
        stays.occurred_at,
        stays.joined_at,
        stays.opened_activity_key,
        case when stays.next_left_at <= sessions.straggled_at then stays.next_left_at end as next_left_at,
        stays.next_rejoined_at,
        stays.next_rejoined_activity_key,
        stays.next_elsewhere_at,
        case when stays.emptied_at <= sessions.straggled_at then stays.emptied_at end as emptied_at,
        stays.next_left_activity_key,
        stays.emptied_activity_key,
        stays.is_last_joined,
        stays.opened_by = 'nothing' as is_unexplained,
        coalesce(stays.began_at, sessions.window_opened_at) as began_at,
        sessions.ended_at,
        sessions.window_opened_at,
        sessions.window_closed_at,
        sessions.has_minute_clock
    from stays
    inner join sessions on stays.session_key = sessions.session_key
    where stays.opened_by <> 'nothing' or stays.emptied_at <= sessions.straggled_at
),

-- Whatever could end an open stay; the earliest does.
candidates as (
    select
        *,
        coalesce(next_left_at <= coalesce(next_elsewhere_at, next_left_at), false) as is_closed_by_left,
        emptied_at is not null and is_last_joined as is_balance_proven,
        greatest(ended_at, began_at) as session_ended_at,
        {{ add_minutes('began_at', var('open_stay_cap_minutes')) }} as capped_at
    from believed
),

-- As many Left as Joined: none was lost until then. If they never balance, the first that closes the stay ends it.
open_ends as (
    select
        *,
        case
            when is_unexplained then began_at
            when emptied_at is not null then emptied_at
            when is_closed_by_left then next_left_at
            else least(next_rejoined_at, next_elsewhere_at, session_ended_at, capped_at)
        end as first_end_at
    from candidates
),

-- A stay is laid inside the window as a whole, so that no end comes before its start.
clipped as (
    select
        *,
        least(greatest(began_at, window_opened_at), window_closed_at) as started_at,
        least(greatest(began_at, first_end_at, window_opened_at), window_closed_at) as closed_at,
        -- Half of what the platform may have added to a Left is taken off again.
        case
            when emptied_at is not null or is_closed_by_left
                then least(greatest(
                    began_at, {{ add_seconds('first_end_at', - 30 * var('left_delay_minutes')) }}, window_opened_at
                ), window_closed_at)
        end as likely_left_at,
        case
            when is_balance_proven
                -- A Left after a look into another session shows the time before that look.
                then least(greatest(began_at, least(emptied_at, next_elsewhere_at), window_opened_at), window_closed_at)
            when is_closed_by_left then least(greatest(began_at, next_left_at, window_opened_at), window_closed_at)
        end as left_at,
        -- A minute clock cuts the seconds: an end may be up to 59 seconds later than it is written.
        least(greatest(began_at, coalesce(
            case when has_minute_clock then {{ add_seconds('emptied_at', '59') }} else emptied_at end, window_closed_at
        ), window_opened_at), window_closed_at) as possible_ended_at,
        case
            when is_unexplained then 'left'
            when first_end_at > window_closed_at then 'session_end'
            when emptied_at is not null or is_closed_by_left then 'left'
            when first_end_at = next_rejoined_at then 'rejoined'
            when first_end_at = next_elsewhere_at then 'joined_elsewhere'
            when first_end_at = session_ended_at then 'session_end'
            else 'cap'
        end as ended_by
    from open_ends
),

-- If a stay never closes, the activities until the window closes are evidence, too.
bounded as (
    select
        *,
        emptied_at is null and not is_closed_by_left and ended_by in ('session_end', 'cap') as is_never_closed,
        case
            when emptied_at is null and not is_closed_by_left and ended_by in ('session_end', 'cap')
                then greatest(closed_at, least(next_elsewhere_at, window_closed_at))
            else closed_at
        end as evidence_until_at
    from clipped
),

rooms as (
    select distinct
        site_id,
        user_id,
        session_key,
        room_visit_key
    from bounded
    where not is_unexplained
),

-- The evidence laid among the stays of each room that the user was in: every piece looks back at the stay before it.
stays_and_evidence as (
    select
        room_visit_key,
        joined_at as occurred_at,
        0 as is_evidence,
        joined_at,
        evidence_until_at
    from bounded
    where not is_unexplained
    union all
    select
        rooms.room_visit_key,
        evidence.occurred_at,
        1 as is_evidence,
        null as joined_at,
        null as evidence_until_at
    from rooms
    inner join evidence
        on
            rooms.site_id = evidence.site_id
            and rooms.user_id = evidence.user_id
            and rooms.session_key = evidence.session_key
),

looked_back as (
    select
        room_visit_key,
        occurred_at,
        is_evidence,
        {{ last_known('joined_at') }} over earlier_stays as joined_at,
        {{ last_known('evidence_until_at') }} over earlier_stays as evidence_until_at
    from stays_and_evidence
    window earlier_stays as (
        partition by room_visit_key
        order by occurred_at, is_evidence
        rows between unbounded preceding and current row
    )
),

last_evidence as (
    select
        room_visit_key,
        joined_at,
        max(occurred_at) as last_evidence_at
    from looked_back
    where is_evidence = 1 and occurred_at <= evidence_until_at
    group by 1, 2
),

seen as (
    select
        bounded.*,
        greatest(bounded.started_at, coalesce(last_evidence.last_evidence_at, bounded.started_at)) as last_seen_at,
        last_evidence.last_evidence_at is not null as has_evidence
    from bounded
    left join last_evidence
        on
            bounded.room_visit_key = last_evidence.room_visit_key
            and bounded.joined_at = last_evidence.joined_at
),

-- When people left for good: their last Left, if they joined no more.
visits as (
    select
        session_events.session_key,
        session_events.user_id,
        max(sessions.session_type) as session_type,
        max(sessions.started_at) as started_at,
        min(session_events.occurred_at) filter (where session_events.session_event = 'joined') as first_joined_at,
        max(session_events.occurred_at) filter (where session_events.session_event = 'joined') as last_joined_at,
        max(session_events.occurred_at) filter (
            where session_events.session_event = 'left' and session_events.occurred_at <= sessions.straggled_at
        ) as last_left_at
    from session_events
    inner join sessions on session_events.session_key = sessions.session_key
    where session_events.session_event in ('joined', 'left')
    group by 1, 2
),

-- A person who left a breakout may still be in the session, and is none of the others.
open_visits as (
    select distinct
        session_key,
        user_id
    from seen
    where is_never_closed
),

leavers as (
    select
        visits.session_key,
        {{ add_seconds('visits.last_left_at', - 30 * var('left_delay_minutes')) }} as last_left_at,
        visits.session_type,
        row_number() over (partition by visits.session_key order by visits.last_left_at) as leaver_number
    from visits
    left join open_visits
        on visits.session_key = open_visits.session_key and visits.user_id = open_visits.user_id
    where
        visits.last_left_at is not null
        and (visits.last_joined_at is null or visits.last_left_at > visits.last_joined_at)
        and open_visits.user_id is null
        -- A passer-by is none of the others.
        and {{ seconds_between('coalesce(visits.first_joined_at, visits.started_at)', 'visits.last_left_at') }}
        >= {{ var('open_stay_passer_by_ratio') }} * {{ seconds_between('visits.started_at', 'visits.last_left_at') }}
),

-- Leavers and stays that never close, in one order: each of these knows how many had left before it was last seen.
leavers_and_open_stays as (
    select
        session_key,
        last_left_at as occurred_at,
        cast(null as timestamp) as joined_at,
        cast(null as bigint) as room_visit_key,
        1 as is_leaver
    from leavers
    union all
    select
        session_key,
        last_seen_at as occurred_at,
        joined_at,
        room_visit_key,
        0 as is_leaver
    from seen
    where is_never_closed
),

counted as (
    select
        *,
        cast(sum(is_leaver) over (partition by session_key) - sum(is_leaver) over (
            partition by session_key
            order by occurred_at
            range between unbounded preceding and current row
        ) as bigint) as later_count,
        cast(sum(is_leaver) over (partition by session_key) as bigint) as leaver_count,
        cast(sum(1 - is_leaver) over (partition by session_key) as bigint) as open_count
    from leavers_and_open_stays
),

-- Others decide only if enough of them are known to have left later, at least half as many as there are open stays.
others as (
    select
        counted.room_visit_key,
        counted.joined_at,
        leavers.last_left_at as others_left_at
    from counted
    inner join leavers
        on
            counted.session_key = leavers.session_key
            and counted.leaver_count - counted.later_count
            + cast(ceil({{ var('open_stay_leavers_ratio') }} * counted.later_count) as bigint) = leavers.leaver_number
    where
        counted.is_leaver = 0
        -- In a private meeting of two, the other one is enough.
        and counted.later_count
        >= case when leavers.session_type = 'private_meeting' then 1 else {{ var('open_stay_leavers_minimum') }} end
        and 2 * counted.later_count >= counted.open_count
),

-- Where others do not decide: some of those who are never seen again leave before the end, so that an open stay gets a
-- share of the time up to it.
ended as (
    select
        seen.*,
        -- Time that the platform may have added to a Left, or a minute clock cut from a Joined, is not proven.
        case
            when seen.is_unexplained then seen.started_at
            else greatest(seen.started_at, {{ add_seconds(
                "greatest(seen.last_seen_at, coalesce(" ~ add_minutes('seen.left_at', - var('left_delay_minutes'))
                ~ ", seen.last_seen_at))", 'case when seen.has_minute_clock then -59 else 0 end'
            ) }})
        end as proven_ended_at,
        case
            when others.others_left_at is not null
                -- (Who began long before the window opened may have gone elsewhere before it, too.)
                then greatest(seen.last_seen_at, least(
                    others.others_left_at, seen.next_rejoined_at, seen.next_elsewhere_at, seen.window_closed_at
                ))
            when seen.is_never_closed and seen.ended_by = 'session_end'
                then {{ add_seconds('seen.last_seen_at', 'cast(round(' ~ var('open_stay_remainder_ratio') ~ ' * '
                    ~ seconds_between('seen.last_seen_at', 'greatest(seen.closed_at, seen.last_seen_at)')
                    ~ ') as bigint)') }}
            else greatest(seen.last_seen_at, coalesce(seen.likely_left_at, seen.closed_at))
        end as likely_ended_at,
        case when others.others_left_at is not null then 'others_left' else seen.ended_by end as closed_by,
        case
            when seen.ended_by = 'left' and seen.emptied_at is not null then seen.emptied_activity_key
            when seen.ended_by = 'left' then seen.next_left_activity_key
            when seen.ended_by = 'rejoined' then seen.next_rejoined_activity_key
        end as closed_activity_key
    from seen
    left join others
        on
            seen.room_visit_key = others.room_visit_key
            and seen.joined_at = others.joined_at
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
        covered.joined_at,
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
