-- The row of the schedule that a session took place by.
-- Grain: one row per session that the schedule has.

with page_sessions as (
    select * from {{ ref('int_page_sessions') }}
),

runs as (
    select * from {{ ref('int_session_runs') }}
),

schedule as (
    select
        site_id,
        content_id,
        session_type,
        {{ to_utc('starts_at', "coalesce(time_zone, 'UTC')") }} as starts_at,
        {{ to_utc('ends_at', "coalesce(time_zone, 'UTC')") }} as ends_at
    from {{ ref('session_schedule') }}
),

rows_of_pages as (
    select
        *,
        lag(ends_at) over (partition by site_id, content_id order by starts_at, ends_at) as last_ended_at
    from schedule
),

opened_rows as (
    select
        *,
        lead({{ row_opens_at('starts_at', 'last_ended_at') }}) over (
            partition by site_id, content_id order by starts_at, ends_at
        ) as next_opens_at
    from rows_of_pages
),

-- Sessions and rows of the schedule of each page in one order: a row is of the last session that began before it ended,
-- and before the next row opened.
rows_and_sessions as (
    select
        site_id,
        content_id,
        began_at as occurred_at,
        session_key,
        cast(null as {{ dbt.type_string() }}) as session_type,
        cast(null as timestamp) as starts_at,
        cast(null as timestamp) as ends_at
    from page_sessions
    union all
    select
        site_id,
        content_id,
        least(ends_at, {{ add_seconds('next_opens_at', -1) }}) as occurred_at,
        cast(null as {{ dbt.type_string() }}) as session_key,
        session_type,
        starts_at,
        ends_at
    from opened_rows
),

placed_rows as (
    select
        *,
        {{ last_known('session_key') }} over (
            partition by site_id, content_id
            order by occurred_at, starts_at nulls first
            rows between unbounded preceding and current row
        ) as last_session_key
    from rows_and_sessions
),

-- A row before all sessions of its page is of the first. Of several rows of one session the nearest counts: the others
-- are of sessions that did not take place.
offered as (
    select
        page_sessions.session_key,
        placed_rows.session_type,
        placed_rows.starts_at,
        placed_rows.ends_at,
        row_number() over (
            partition by page_sessions.session_key
            order by
                abs({{ seconds_between(
                    'placed_rows.starts_at',
                    'coalesce(runs.first_joined_at, runs.first_seen_at, placed_rows.starts_at)'
                ) }}),
                placed_rows.starts_at
        ) as row_place
    from placed_rows
    inner join page_sessions
        on
            placed_rows.site_id = page_sessions.site_id
            and placed_rows.content_id = page_sessions.content_id
            and (
                placed_rows.last_session_key = page_sessions.session_key
                or (placed_rows.last_session_key is null and page_sessions.occurrence_number = 1)
            )
    left join runs on page_sessions.session_key = runs.session_key
    where placed_rows.starts_at is not null
),

final as (
    select
        session_key,
        session_type,
        starts_at,
        ends_at
    from offered
    where row_place = 1
)

select * from final
