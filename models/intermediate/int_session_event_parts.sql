-- Which part of what happened at a place an event belongs to. After some hours without a Joined or a Left, or when the
-- next row of the schedule opens, the next Joined begins the next part.
-- Grain: one row per session event at a place that may have several parts: a long one, or one with several rows.
-- A view on DuckDB, because int_session_event_numbers alone reads it, once.

{{ config(materialized=view_or_table()) }}

with session_events as (
    select * from {{ ref('int_session_event_places') }}
),

schedule as (
    select
        site_id || ':' || {{ id_in_key('content_id') }} as place_key,
        {{ to_utc('starts_at', "coalesce(time_zone, 'UTC')") }} as starts_at,
        {{ to_utc('ends_at', "coalesce(time_zone, 'UTC')") }} as ends_at
    from {{ ref('session_schedule') }}
),

schedule_rows as (
    select
        *,
        lag(ends_at) over (partition by place_key order by starts_at, ends_at) as last_ended_at,
        count(*) over (partition by place_key) as row_count
    from schedule
),

-- A page with several rows in the schedule has a session for each. Who comes before the middle of the time between two
-- rows is late for the one, and who comes later is early for the other.
openings as (
    select
        place_key,
        {{ row_opens_at('starts_at', 'last_ended_at') }} as occurred_at
    from schedule_rows
    where row_count > 1
),

-- Most places hold one session and need no look at its moments.
places as (
    select
        place_key,
        coalesce(
            min(case when session_event <> 'attend' then occurred_at end)
            < {{ add_minutes("max(case when session_event <> 'attend' then occurred_at end)",
                -60 * var('meeting_gap_hours')) }},
            false
        ) as is_long
    from session_events
    group by 1
),

opened_places as (
    select distinct place_key
    from openings
),

long_places as (
    select places.place_key
    from places
    left join opened_places on places.place_key = opened_places.place_key
    where places.is_long or opened_places.place_key is not null
),

moments as (
    select
        session_events.activity_key,
        session_events.place_key,
        session_events.user_id,
        session_events.session_event,
        session_events.occurred_at
    from session_events
    inner join long_places on session_events.place_key = long_places.place_key
    union all
    select
        cast(null as bigint) as activity_key,
        openings.place_key,
        cast(null as {{ dbt.type_string() }}) as user_id,
        'opening' as session_event,
        openings.occurred_at
    from openings
    inner join long_places on openings.place_key = long_places.place_key
),

looked_back as (
    select
        *,
        max(case when session_event = 'joined' then occurred_at end) over earlier_moments as last_joined_at,
        count(case when session_event = 'opening' then 1 end) over earlier_moments as opening_count
    from moments
    window earlier_moments as (
        partition by place_key
        order by occurred_at, activity_key nulls first
        rows between unbounded preceding and 1 preceding
    )
),

-- A Left long after the last Joined is one of a browser that was left open: it breaks no silence.
looked_back_again as (
    select
        *,
        max(case
            when
                session_event = 'left'
                and last_joined_at >= {{ add_minutes('occurred_at', -60 * var('meeting_gap_hours')) }}
                then occurred_at
        end) over earlier_moments as last_left_at,
        max(case when session_event = 'joined' then opening_count end) over earlier_moments as joined_opening_count
    from looked_back
    window earlier_moments as (
        partition by place_key
        order by occurred_at, activity_key nulls first
        rows between unbounded preceding and 1 preceding
    )
),

begun as (
    select
        *,
        greatest(last_joined_at, coalesce(last_left_at, last_joined_at)) as last_record_at,
        {{ add_minutes('occurred_at', -60 * var('meeting_gap_hours')) }} as silent_since_at
    from looked_back_again
),

firsts as (
    select
        *,
        case
            when session_event <> 'joined' then 0
            when last_joined_at is null then 1
            when opening_count > joined_opening_count then 1
            when last_record_at >= silent_since_at then 0
            else 1
        end as is_first
    from begun
),

numbered as (
    select
        *,
        sum(is_first) over (
            partition by place_key
            order by occurred_at, activity_key nulls first
            rows between unbounded preceding and current row
        ) as running_number,
        sum(is_first) over (partition by place_key) as part_count
    from firsts
),

-- A part runs while a Joined or a Left of it is to come.
running as (
    select
        *,
        {{ seconds_between("cast('1970-01-01 00:00:00' as timestamp)", 'occurred_at') }} as occurred_second,
        coalesce(
            running_number = min(case
                when session_event = 'joined' or (session_event = 'left' and last_joined_at >= silent_since_at)
                    then running_number
            end) over (
                partition by place_key
                order by occurred_at, activity_key nulls first
                rows between 1 following and unbounded following
            ), false
        ) as is_running
    from numbered
),

-- What the user did before each second, and in it: the log has no order within one. Whether the user was there is asked
-- of the place, by the last Joined and Left: the rooms of a session, which int_presence_stays asks, are not known yet.
seconds as (
    select
        *,
        max(case when session_event = 'joined' then running_number end) over this_second as joined_number,
        max(case when session_event = 'joined' then running_number end) over earlier_seconds as earlier_number,
        max(case when session_event = 'joined' then occurred_second end) over earlier_seconds as earlier_joined,
        max(case when session_event = 'left' then occurred_second end) over earlier_seconds as earlier_left
    from running
    window
        this_second as (
            partition by place_key, user_id
            order by occurred_second
            range between current row and current row
        ),
        earlier_seconds as (
            partition by place_key, user_id
            order by occurred_second
            range between unbounded preceding and 1 preceding
        )
),

-- An Attend belongs to the part that runs, else to the next, and to the last where none comes. A Left belongs to the
-- Joined before it. One in the second of a Joined belongs to that one if the user was not there before.
final as (
    select
        activity_key,
        place_key,
        user_id,
        session_event,
        occurred_at,
        cast(greatest(1, case session_event
            when 'attend'
                then case when is_running then running_number else least(running_number + 1, part_count) end
            when 'left'
                then coalesce(
                    case when earlier_left > earlier_joined then joined_number end,
                    earlier_number,
                    joined_number,
                    running_number
                )
            else running_number
        end) as bigint) as part_number,
        -- The silence before a part, if it is not too long and no row of the schedule opened since.
        case
            when
                is_first = 1
                and last_record_at >= {{ add_minutes('occurred_at', -120 * var('meeting_gap_hours')) }}
                and opening_count = joined_opening_count
                then silent_since_at
        end as silence_at
    from seconds
    where session_event <> 'opening'
)

select * from final
