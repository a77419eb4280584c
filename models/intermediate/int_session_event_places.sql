-- Every Attend, Joined and Left with the place where it happened: a content page, or a meeting without one.
-- Grain: one row per session activity of a known user.

{%- set salt = "(select max(salt) from meeting_salts)" %}

with session_events as (
    select * from {{ ref('stg_juno__session_events') }}
    -- A record without a user can be credited to no one, and the records of several people would look like one.
    where user_id is not null
),

meeting_pairs as (
    select * from {{ ref('int_meeting_pairs') }}
),

-- One row for all sites.
meeting_salts as (
    select * from {{ source('raw', 'meeting_salts') }}
),

-- The pages on which a session itself, and not only a breakout of it, was joined or left, and what it was called there.
named_pages as (
    select
        site_id,
        content_id,
        session_name,
        max(occurred_at) as last_occurred_at
    from session_events
    where not is_breakout and content_id is not null
    group by 1, 2, 3
),

session_pages as (
    select distinct
        site_id,
        content_id
    from named_pages
),

-- A name may be used again later: the newest page that carried it stands for it.
named_sessions as (
    select
        site_id,
        session_name,
        {{ newest('content_id', ['last_occurred_at']) }} as content_id
    from named_pages
    where session_name is not null
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

-- Without a page the name must do, as a hash, and with a salt: a private meeting's name holds a person's, and who has
-- the keys alone could try all names. Only these few are joined: DuckDB would keep all events in memory for the join.
placed as (
    select
        *,
        site_id || ':' || {{ id_in_key('session_content_id') }} as place_key
    from resolved
    where session_content_id is not null
    union all
    select
        resolved.*,
        resolved.site_id || ':name:' || case
            when meeting_pairs.user_id is not null
                then {{ hash_key([salt, "'pair'", "meeting_pairs.first_user_id", "meeting_pairs.second_user_id"]) }}
            else {{ hash_key([salt, "resolved.session_name"]) }}
        end as place_key
    from resolved
    left join meeting_pairs
        on
            resolved.site_id = meeting_pairs.site_id
            and resolved.user_id = meeting_pairs.user_id
            and resolved.session_name = meeting_pairs.session_name
    where resolved.session_content_id is null
),

-- The times of a report are whole minutes if none is not, and there are enough of them in it or in another of the site:
-- the records of a clock do not change it because an overlapping report has few of them.
whole_minutes as (
    select
        report_id,
        site_id,
        count(*) as record_count
    from session_events
    group by 1, 2
    having count(case when {{ dbt.date_trunc('minute', 'occurred_at') }} <> occurred_at then 1 end) = 0
),

clocks as (
    select
        report_id,
        max(record_count) over (partition by site_id) >= {{ var('minute_clock_minimum_records') }} as has_minute_clock
    from whole_minutes
),

final as (
    select
        placed.activity_key,
        placed.site_id,
        placed.user_id,
        placed.place_key,
        placed.session_content_id as content_id,
        placed.session_event,
        placed.session_name,
        placed.is_breakout,
        placed.breakout_id,
        placed.content_id is null and placed.has_content_columns as is_off_content_page,
        coalesce(clocks.has_minute_clock, false) as has_minute_clock,
        placed.occurred_at,
        placed.report_id,
        placed.record_number
    from placed
    left join clocks on placed.report_id = clocks.report_id
)

select * from final
