-- Stays in a session with an end for each of the three measures and what opened and closed them.
-- Grain: one row per site, user, room (session or breakout) and second with a Joined in it.
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

-- Whatever could end an open stay; the earliest does.
candidates as (
    select
        stays.*,
        sessions.window_opened_at,
        sessions.window_closed_at,
        coalesce(stays.next_left_at <= coalesce(stays.next_elsewhere_at, stays.next_left_at), false)
            as is_closed_by_left,
        greatest(sessions.ended_at, stays.joined_at) as session_ended_at,
        {{ add_minutes('stays.joined_at', var('open_stay_cap_minutes')) }} as capped_at
    from stays
    inner join sessions on stays.session_key = sessions.session_key
),

open_ends as (
    select
        *,
        case
            when is_closed_by_left then next_left_at
            else least(next_rejoined_at, next_elsewhere_at, session_ended_at, capped_at)
        end as first_end_at
    from candidates
),

-- A stay is laid inside the window as a whole, so that no end comes before its start.
clipped as (
    select
        *,
        least(greatest(joined_at, window_opened_at), window_closed_at) as started_at,
        least(greatest(joined_at, first_end_at, window_opened_at), window_closed_at) as closed_at,
        least(greatest(joined_at, coalesce(emptied_at, window_closed_at), window_opened_at), window_closed_at)
            as possible_ended_at,
        case
            when first_end_at > window_closed_at then 'session_end'
            when is_closed_by_left then 'left'
            when first_end_at = next_rejoined_at then 'rejoined'
            when first_end_at = next_elsewhere_at then 'joined_elsewhere'
            when first_end_at = session_ended_at then 'session_end'
            else 'cap'
        end as closed_by
    from open_ends
),

rooms as (
    select distinct
        site_id,
        user_id,
        session_key,
        room_key
    from clipped
),

-- The evidence laid among the stays of each room that the user was in: every piece looks back at the stay before it.
stays_and_evidence as (
    select
        site_id,
        user_id,
        room_key,
        joined_at as occurred_at,
        0 as is_evidence,
        joined_at,
        closed_at
    from clipped
    union all
    select
        rooms.site_id,
        rooms.user_id,
        rooms.room_key,
        evidence.occurred_at,
        1 as is_evidence,
        null as joined_at,
        null as closed_at
    from rooms
    inner join evidence
        on
            rooms.site_id = evidence.site_id
            and rooms.user_id = evidence.user_id
            and rooms.session_key = evidence.session_key
),

looked_back as (
    select
        site_id,
        user_id,
        room_key,
        occurred_at,
        is_evidence,
        {{ last_known('joined_at') }} over earlier_stays as joined_at,
        {{ last_known('closed_at') }} over earlier_stays as closed_at
    from stays_and_evidence
    window earlier_stays as (
        partition by site_id, user_id, room_key
        order by occurred_at, is_evidence
        rows between unbounded preceding and current row
    )
),

last_evidence as (
    select
        site_id,
        user_id,
        room_key,
        joined_at,
        max(occurred_at) as last_evidence_at
    from looked_back
    where is_evidence = 1 and occurred_at <= closed_at
    group by 1, 2, 3, 4
),

seen as (
    select
        clipped.*,
        greatest(clipped.started_at, coalesce(last_evidence.last_evidence_at, clipped.started_at)) as last_seen_at,
        last_evidence.last_evidence_at is not null as has_evidence,
        case clipped.closed_by
            when 'left' then clipped.next_left_activity_key
            when 'rejoined' then clipped.next_rejoined_activity_key
        end as closed_activity_key
    from clipped
    left join last_evidence
        on
            clipped.site_id = last_evidence.site_id
            and clipped.user_id = last_evidence.user_id
            and clipped.room_key = last_evidence.room_key
            and clipped.joined_at = last_evidence.joined_at
),

-- Some of those who are never seen again leave before the end, so that an open stay gets a share of the time up to it.
ended as (
    select
        *,
        case when is_closed_by_left then closed_at else last_seen_at end as proven_ended_at,
        case
            when closed_by = 'session_end' and not is_closed_by_left
                then {{ add_seconds('last_seen_at', 'cast(round(' ~ var('open_stay_remainder_ratio') ~ ' * '
                    ~ seconds_between('last_seen_at', 'closed_at') ~ ') as bigint)') }}
            else closed_at
        end as likely_ended_at
    from seen
),

keyed as (
    select
        *,
        {{ hash_key(["site_id", "user_id", "room_key", "joined_at"]) }} as presence_interval_key
    from ended
),

-- What the stays of a person in a session unite to, breakouts among them: a stay adds what lies after the latest end of
-- all that began before it. (The running maximum and not the end of the one before: 0-60, 5-10, 30-70 is 70, not 100.)
covered as (
    select
        *,
        {%- for measure in ['proven', 'likely', 'possible'] %}
        greatest(started_at, max({{ measure }}_ended_at) over earlier_stays) as {{ measure }}_added_from,
        {%- endfor %}
        greatest(started_at, max(case when is_breakout then likely_ended_at end) over earlier_stays)
            as breakout_added_from,
        max(likely_ended_at) over earlier_stays as likely_covered_until
    from keyed
    window earlier_stays as (
        partition by site_id, user_id, session_key
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
            when covered.is_closed_by_left then 'left'
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
        coalesce(
            greatest(0, {{ seconds_between('covered.likely_covered_until', 'covered.started_at') }}), 0
        ) as gap_before_seconds,
        opened.report_id as opened_report_id,
        opened.record_number as opened_record_number,
        closed.report_id as closed_report_id,
        closed.record_number as closed_record_number
    from covered
    inner join session_events as opened on covered.opened_activity_key = opened.activity_key
    left join session_events as closed on covered.closed_activity_key = closed.activity_key
)

select * from final
