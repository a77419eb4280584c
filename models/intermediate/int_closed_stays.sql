-- Each stay laid into the window of its session, with what closed it and when the person was last seen in it.
-- Grain: one row per row of int_presence_stays, without the Lefts that no Joined explains and that came long after the
-- end.
-- A table, because two models read it: at a million records it takes 8 MB of a warehouse of 60.

with stays as (
    select * from {{ ref('int_presence_stays') }}
),

sessions as (
    select * from {{ ref('int_sessions') }}
),

evidence as (
    select * from {{ ref('int_presence_evidence') }}
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

final as (
    select
        bounded.site_id,
        bounded.user_id,
        bounded.session_key,
        bounded.room_key,
        bounded.room_visit_key,
        bounded.session_visit_key,
        bounded.content_id,
        bounded.is_breakout,
        bounded.breakout_id,
        bounded.opened_by,
        bounded.opened_activity_key,
        bounded.is_unexplained,
        bounded.occurred_at,
        bounded.started_at,
        greatest(bounded.started_at, coalesce(last_evidence.last_evidence_at, bounded.started_at)) as last_seen_at,
        bounded.left_at,
        coalesce(bounded.likely_left_at, bounded.closed_at) as likely_closed_at,
        bounded.possible_ended_at,
        case
            when bounded.is_never_closed
                then least(bounded.next_rejoined_at, bounded.next_elsewhere_at, bounded.window_closed_at)
        end as open_until_at,
        bounded.ended_by,
        case
            when bounded.ended_by = 'left' and bounded.emptied_at is not null then bounded.emptied_activity_key
            when bounded.ended_by = 'left' then bounded.next_left_activity_key
            when bounded.ended_by = 'rejoined' then bounded.next_rejoined_activity_key
        end as closed_activity_key,
        bounded.is_never_closed,
        last_evidence.last_evidence_at is not null as has_evidence,
        bounded.has_minute_clock
    from bounded
    left join last_evidence
        on
            bounded.room_visit_key = last_evidence.room_visit_key
            and bounded.joined_at = last_evidence.joined_at
)

select * from final
