-- Every Attend, Joined and Left with the session and the room that it belongs to.
-- Grain: one row per session activity of a known user.

{%- set separators = " ,;:.()/|–—" %}
{%- set salt = "(select max(salt) from meeting_salts)" %}

with session_events as (
    select * from {{ ref('stg_juno__session_events') }}
    -- A record without a user can be credited to no one, and the records of several people would look like one.
    where user_id is not null
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

-- Two people in a private meeting each see the other's name. So a name off any page that holds the name of a user, in
-- whose own log such a name holds the first one's, is the same meeting. Words of a name are looked up by the last one.
off_page_names as (
    select distinct
        site_id,
        user_id,
        session_name,
        {{ folded('session_name') }} as folded_name
    from resolved
    where session_content_id is null and session_name is not null and not is_breakout
),

name_words as (
    {{ text_parts(
        'off_page_names', ['site_id', 'user_id', 'session_name', 'folded_name'], 'folded_name', separators, 'word'
    ) }}
),

off_page_users as (
    select distinct
        site_id,
        user_id
    from off_page_names
),

-- By any name that they had: a meeting keeps the name of its day.
users as (
    select distinct
        user_names.site_id,
        user_names.user_id,
        {{ folded("coalesce(user_names.first_name, '') || ' ' || coalesce(user_names.last_name, '')") }} as full_name
    from {{ ref('base_juno__user_names') }} as user_names
    inner join off_page_users
        on user_names.site_id = off_page_users.site_id and user_names.user_id = off_page_users.user_id
),

named as (
    select distinct
        name_words.site_id,
        name_words.user_id,
        name_words.session_name,
        users.user_id as named_user_id
    from name_words
    inner join users
        on
            name_words.site_id = users.site_id
            and name_words.word
            = {{ regex_group('users.full_name', '([^' ~ separators ~ ']+)[' ~ separators ~ ']*$') }}
            and contains(name_words.folded_name, users.full_name)
            and name_words.user_id <> users.user_id
),

paired as (
    select
        one.site_id,
        one.user_id,
        one.session_name,
        min(least(one.user_id, other.user_id)) as first_user_id,
        min(greatest(one.user_id, other.user_id)) as second_user_id
    from named as one
    inner join named as other
        on
            one.site_id = other.site_id
            and one.user_id = other.named_user_id
            and one.named_user_id = other.user_id
    group by 1, 2, 3
),

-- Without a page the name must do, as a hash, and with a salt: a private meeting's name holds a person's, and who has
-- the keys alone could try all names. Only these few are joined: DuckDB would keep all events in memory for the join.
keyed as (
    select
        *,
        site_id || ':' || {{ id_in_key('session_content_id') }} as place_key
    from resolved
    where session_content_id is not null
    union all
    select
        resolved.*,
        resolved.site_id || ':name:' || case
            when paired.user_id is not null
                then {{ hash_key([salt, "'pair'", "paired.first_user_id", "paired.second_user_id"]) }}
            else {{ hash_key([salt, "resolved.session_name"]) }}
        end as place_key
    from resolved
    left join paired
        on
            resolved.site_id = paired.site_id
            and resolved.user_id = paired.user_id
            and resolved.session_name = paired.session_name
    where resolved.session_content_id is null
),

schedule as (
    select
        site_id || ':' || {{ id_in_key('content_id') }} as place_key,
        {{ to_utc('starts_at', "coalesce(time_zone, 'UTC')") }} as starts_at,
        {{ to_utc('ends_at', "coalesce(time_zone, 'UTC')") }} as ends_at
    from {{ ref('session_schedule') }}
),

rows_of_pages as (
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
        row_count,
        {{ row_opens_at('starts_at', 'last_ended_at') }} as occurred_at
    from rows_of_pages
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
    from keyed
    group by 1
),

opened_places as (
    select distinct place_key
    from openings
    where row_count > 1
),

long_places as (
    select places.place_key
    from places
    left join opened_places on places.place_key = opened_places.place_key
    where places.is_long or opened_places.place_key is not null
),

moments as (
    select
        keyed.activity_key,
        keyed.place_key,
        keyed.user_id,
        keyed.session_event,
        keyed.occurred_at
    from keyed
    inner join long_places on keyed.place_key = long_places.place_key
    union all
    select
        cast(null as bigint) as activity_key,
        openings.place_key,
        cast(null as {{ dbt.type_string() }}) as user_id,
        'opening' as session_event,
        openings.occurred_at
    from openings
    inner join long_places on openings.place_key = long_places.place_key
    where openings.row_count > 1
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

-- After some hours without a Joined or a Left, the next Joined begins the next part of what happened at the place.
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
        sum(is_first) over (partition by place_key) as occurrence_count
    from firsts
),

-- A session runs while a Joined or a Left of it is to come.
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
parted as (
    select
        activity_key,
        place_key,
        user_id,
        session_event,
        occurred_at,
        cast(greatest(1, case session_event
            when 'attend'
                then case when is_running then running_number else least(running_number + 1, occurrence_count) end
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
),

-- From here on each row knows by windows what is true of its part, its session and its user: Spark reads a query again
-- for each join of it with itself, and ran out of memory.
visited as (
    select
        *,
        max(case when session_event = 'joined' then 1 else 0 end) over visits as is_visit,
        max(case when session_event = 'left' then occurred_at end) over visits as last_left_at,
        row_number() over (partition by place_key, part_number, user_id order by activity_key) as visit_row,
        row_number() over (partition by place_key, part_number order by activity_key) as part_row,
        max(silence_at) over (
            partition by place_key
            order by part_number
            range between 1 following and 1 following
        ) as next_silence_at
    from parted
    window visits as (partition by place_key, part_number, user_id)
),

-- A session goes on in the next part if most people of its part were there through the silence.
ended as (
    select
        *,
        case
            when
                2 * sum(case when visit_row = 1 and last_left_at > next_silence_at then is_visit else 0 end) over parts
                > sum(case when visit_row = 1 then is_visit else 0 end) over parts
                then 0
            else 1
        end as is_last
    from visited
    window parts as (partition by place_key, part_number)
),

occurrences as (
    select
        activity_key,
        place_key,
        user_id,
        session_event,
        cast(1 + coalesce(sum(case when part_row = 1 then is_last else 0 end) over (
            partition by place_key
            order by part_number
            range between unbounded preceding and 1 preceding
        ), 0) as bigint) as occurrence_number
    from ended
),

people as (
    select
        *,
        max(case when session_event = 'attend' then 1 else 0 end) over visits as is_registered,
        max(case when session_event = 'joined' then 1 else 0 end) over visits as is_visit,
        min(case when session_event = 'joined' then occurrence_number end) over (
            partition by place_key, user_id
            order by occurrence_number
            range between 1 following and unbounded following
        ) as next_visit_number,
        row_number() over (partition by place_key, occurrence_number, user_id order by activity_key) as visit_row
    from occurrences
    window visits as (partition by place_key, occurrence_number, user_id)
),

sized as (
    select
        *,
        sum(case when visit_row = 1 then is_visit else 0 end) over (
            partition by place_key, occurrence_number
        ) as people_count
    from people
),

compared as (
    select
        *,
        coalesce(
            2 * people_count <= max(people_count) over (
                partition by place_key
                order by occurrence_number
                range between 1 following and unbounded following
            ), false
        ) as is_small
    from sized
),

-- The next session to which no later one of its place has twice the people. The last of a place is such a session.
larger as (
    select
        *,
        min(case when not is_small then occurrence_number end) over (
            partition by place_key
            order by occurrence_number
            range between current row and unbounded following
        ) as larger_number
    from compared
),

-- A small session was a rehearsal if twice as many of those who had registered for it came later, at the latest to the
-- next larger one.
numbered_events as (
    select
        activity_key,
        case
            when
                session_event = 'attend'
                and 2 * sum(case when visit_row = 1 and is_registered = 1 then is_visit else 0 end) over sessions
                <= sum(case
                    when visit_row = 1 and is_registered = 1 and next_visit_number <= larger_number then 1 else 0
                end) over sessions
                then larger_number
            else occurrence_number
        end as occurrence_number
    from larger
    window sessions as (partition by place_key, occurrence_number)
),

-- The first session of a page has the key that it would have alone.
placed as (
    select
        keyed.*,
        coalesce(numbered_events.occurrence_number, 1) as occurrence_number,
        case
            when keyed.session_content_id is not null and coalesce(numbered_events.occurrence_number, 1) = 1
                then keyed.place_key
            else keyed.place_key || ':' || coalesce(numbered_events.occurrence_number, 1)
        end as session_key
    from keyed
    left join numbered_events on keyed.activity_key = numbered_events.activity_key
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
        placed.session_key,
        case
            when placed.is_breakout then placed.session_key || '#' || placed.breakout_id
            else placed.session_key
        end as room_key,
        placed.session_content_id as content_id,
        placed.occurrence_number,
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
