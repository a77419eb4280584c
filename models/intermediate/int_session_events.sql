-- Every Attend, Joined and Left with the session and the room that it belongs to.
-- Grain: one row per session activity of a known user.

with session_events as (
    select * from {{ ref('stg_juno__session_events') }}
    -- Without a user nobody can be credited, and the records of several people would look like one.
    where user_id is not null
),

-- One row for all sites.
meeting_salts as (
    select * from {{ source('raw', 'meeting_salts') }}
),

-- Pages on which a session itself, and not only a breakout of it, was joined or left.
session_pages as (
    select distinct
        site_id,
        content_id
    from session_events
    where not is_breakout and content_id is not null
),

-- A name may be used again later: the newest page that carried it stands for it.
named_sessions as (
    select
        site_id,
        session_name,
        {{ newest('content_id', ['occurred_at']) }} as content_id
    from session_events
    where not is_breakout and content_id is not null and session_name is not null
    group by 1, 2
),

-- The page of a breakout is its parent's where the parent was joined there too; else the parent is found by its name.
resolved as (
    select
        session_events.*,
        case
            when not session_events.is_breakout or session_pages.content_id is not null
                then session_events.content_id
            else coalesce(named_sessions.content_id, session_events.content_id)
        end as session_content_id
    from session_events
    left join session_pages
        on
            session_events.site_id = session_pages.site_id
            and session_events.content_id = session_pages.content_id
    left join named_sessions
        on
            session_events.site_id = named_sessions.site_id
            and session_events.session_name = named_sessions.session_name
),

-- Without a page the name must do, as a hash, and with a salt: a private meeting's name holds a person's, and who has the
-- keys alone could try all names.
keyed as (
    select
        *,
        coalesce(
            site_id || ':' || session_content_id,
            site_id || ':name:' || {{ hash_key(["(select max(salt) from meeting_salts)", "session_name"]) }}
        ) as place_key
    from resolved
),

-- Meetings of one name are many: after some hours in which nobody joined or left, the next begins.
off_page_events as (
    select
        *,
        max(case when session_event <> 'attend' then occurred_at end) over earlier_events as previous_live_at
    from keyed
    where session_content_id is null
    window earlier_events as (
        partition by place_key
        order by occurred_at, activity_key
        rows between unbounded preceding and 1 preceding
    )
),

meetings as (
    select
        *,
        case
            when session_event = 'attend' then 0
            when previous_live_at >= {{ add_minutes('occurred_at', -60 * var('meeting_gap_hours')) }} then 0
            else 1
        end as is_first_of_meeting
    from off_page_events
),

numbered as (
    select
        *,
        sum(is_first_of_meeting) over (
            partition by place_key
            order by occurred_at, activity_key
            rows between unbounded preceding and current row
        ) as meeting_number,
        sum(is_first_of_meeting) over (partition by place_key) as meeting_count
    from meetings
),

-- An Attend belongs to the next meeting, and to the last where none comes.
placed as (
    select
        activity_key,
        site_id,
        user_id,
        session_content_id,
        content_id,
        session_event,
        session_name,
        is_breakout,
        breakout_id,
        has_content_columns,
        occurred_at,
        report_id,
        record_number,
        place_key || ':' || greatest(1, case
            when session_event = 'attend' then least(meeting_number + 1, meeting_count)
            else meeting_number
        end) as session_key
    from numbered
    union all
    select
        activity_key,
        site_id,
        user_id,
        session_content_id,
        content_id,
        session_event,
        session_name,
        is_breakout,
        breakout_id,
        has_content_columns,
        occurred_at,
        report_id,
        record_number,
        place_key as session_key
    from keyed
    where session_content_id is not null
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        session_key,
        case when is_breakout then session_key || '#' || breakout_id else session_key end as room_key,
        session_content_id as content_id,
        session_event,
        session_name,
        is_breakout,
        breakout_id,
        content_id is null and has_content_columns as is_off_content_page,
        occurred_at,
        report_id,
        record_number
    from placed
)

select * from final
