-- Every Attend, Joined and Left with the session and the room that it belongs to.
-- Grain: one row per session activity of a known user.
-- A view on DuckDB: it would hold the rows of int_session_event_places once more.

{{ config(materialized=view_or_table()) }}

with session_events as (
    select * from {{ ref('int_session_event_places') }}
),

later_sessions as (
    select * from {{ ref('int_session_event_numbers') }}
),

numbered as (
    select
        session_events.*,
        coalesce(later_sessions.occurrence_number, 1) as occurrence_number
    from session_events
    left join later_sessions on session_events.activity_key = later_sessions.activity_key
),

-- The first session of a page has the key that it would have alone.
keyed as (
    select
        *,
        case
            when content_id is not null and occurrence_number = 1 then place_key
            else place_key || ':' || occurrence_number
        end as session_key
    from numbered
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        session_key,
        case
            when is_breakout then session_key || '#' || breakout_id
            else session_key
        end as room_key,
        content_id,
        occurrence_number,
        session_event,
        session_name,
        is_breakout,
        breakout_id,
        is_off_content_page,
        has_minute_clock,
        occurred_at,
        report_id,
        record_number
    from keyed
)

select * from final
