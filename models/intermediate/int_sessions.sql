-- Sessions with their window of presence: from the schedule where there is one, else inferred from the log.
-- Grain: one row per session (a public session together with its breakouts, or a private meeting).

with session_events as (
    select * from {{ ref('int_session_events') }}
),

evidence as (
    select * from {{ ref('int_presence_evidence') }}
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

page_sessions as (
    select * from {{ ref('int_page_sessions') }}
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

-- A session that is only known from its breakouts has the name that these give to it.
all_sessions as (
    select
        site_id,
        session_key,
        content_id,
        occurrence_number,
        coalesce(
            {{ newest('case when not is_breakout then session_name end', ['occurred_at']) }},
            {{ newest('session_name', ['occurred_at']) }}
        ) as session_name,
        bool_and(is_off_content_page) as is_off_content_page,
        bool_and(is_breakout) as is_known_from_breakouts,
        bool_or(has_minute_clock) as has_minute_clock
    from session_events
    group by 1, 2, 3, 4
),

public_names as (
    select distinct
        site_id,
        session_name
    from all_sessions
    where content_id is not null
),

-- A session off any content page, though the report has the content columns, is taken for a private meeting; a
-- breakout only if no session with a page has its parent's name.
sessions as (
    select
        all_sessions.site_id,
        all_sessions.session_key,
        all_sessions.content_id,
        all_sessions.occurrence_number,
        all_sessions.session_name,
        all_sessions.is_off_content_page
        and not (all_sessions.is_known_from_breakouts and public_names.session_name is not null)
            as is_off_content_page,
        all_sessions.has_minute_clock
    from all_sessions
    left join public_names
        on all_sessions.site_id = public_names.site_id and all_sessions.session_name = public_names.session_name
),

people as (
    select
        session_key,
        user_id,
        min(occurred_at) filter (where session_event = 'joined') as first_joined_at,
        max(occurred_at) filter (where session_event = 'joined') as last_joined_at,
        max(occurred_at) filter (where session_event = 'joined' and not is_breakout) as last_main_joined_at,
        max(occurred_at) filter (where session_event = 'left' and not is_breakout) as last_main_left_at,
        max(occurred_at) filter (where session_event = 'left') as last_left_at,
        max(occurred_at) as last_seen_at
    from session_events
    where session_event in ('joined', 'left')
    group by 1, 2
),

-- Gone for good are those whose last record is a Left, unless it is one of a breakout and they never left the session
-- itself. Of one second it is the Joined that counts, if they had come before. fct_presence_intervals asks it again
-- without the Lefts long after the end, which is not known here.
gone as (
    select
        *,
        last_left_at is not null
        and (
            last_joined_at is null
            or last_left_at > last_joined_at
            or (last_left_at = last_joined_at and first_joined_at = last_joined_at)
        )
        and (last_main_joined_at is null or coalesce(last_main_left_at >= last_main_joined_at, false)) as is_gone
    from people
),

-- When people came, and the last Joined and Left without those of stragglers.
records as (
    select
        session_key,
        {{ quantile('first_joined_at', var('session_window_quantile')) }} as early_joined_at,
        {{ quantile('first_joined_at', 1 - var('session_core_quantile')) }} as core_joined_at,
        {{ quantile('last_joined_at', 1 - var('session_window_quantile')) }} as last_joined_at,
        {{ quantile('last_left_at', var('session_core_quantile')) }} as core_left_at,
        {{ quantile('last_left_at', 1 - var('session_window_quantile')) }} as late_left_at,
        3 * count(last_left_at) >= count(*) as has_lefts,
        min(last_seen_at) as first_seen_at
    from gone
    group by 1
),

run as (
    select
        session_key,
        {{ without_straggler('early_joined_at', 'core_joined_at') }} as first_joined_at,
        greatest({{ without_straggler('late_left_at', 'core_left_at') }}, last_joined_at) as run_until_at,
        early_joined_at,
        has_lefts,
        first_seen_at
    from records
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
                    'coalesce(run.first_joined_at, run.first_seen_at, placed_rows.starts_at)'
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
    left join run on page_sessions.session_key = run.session_key
    where placed_rows.starts_at is not null
),

scheduled as (
    select * from offered
    where row_place = 1
),

-- Long after the session an activity, such as a rating of the next day, proves no presence.
late_bounds as (
    select
        run.session_key,
        case
            when run.has_lefts or scheduled.ends_at is not null
                then {{ add_minutes('greatest(run.run_until_at, scheduled.ends_at)', var('late_activity_minutes')) }}
            else {{ add_minutes('run.run_until_at', 60 * var('straggler_hours')) }}
        end as late_at
    from run
    left join scheduled
        on
            run.session_key = scheduled.session_key
            and scheduled.starts_at <= {{ add_minutes('run.run_until_at', 60 * var('straggler_hours')) }}
),

timely_evidence as (
    select
        evidence.session_key,
        evidence.user_id,
        max(evidence.occurred_at) as last_evidence_at
    from evidence
    inner join late_bounds
        on evidence.session_key = late_bounds.session_key and evidence.occurred_at <= late_bounds.late_at
    group by 1, 2
),

-- A person not known to have gone was there at least until the last Joined, Left or activity that proves presence.
last_known as (
    select
        gone.session_key,
        gone.first_joined_at,
        gone.is_gone,
        case
            when gone.is_gone then {{ add_seconds('gone.last_left_at', -30 * var('left_delay_minutes')) }}
            else greatest(gone.last_seen_at, coalesce(timely_evidence.last_evidence_at, gone.last_seen_at))
        end as last_known_at,
        gone.last_seen_at,
        run.has_lefts
    from gone
    inner join run on gone.session_key = run.session_key
    left join timely_evidence
        on gone.session_key = timely_evidence.session_key and gone.user_id = timely_evidence.user_id
),

shown as (
    select
        *,
        -- A lone Joined shows no end, and would pull the quantiles to the start.
        case when is_gone or last_known_at > first_joined_at then last_known_at end as shown_until_at
    from last_known
),

-- The quantiles keep a presenter who came an hour early, or a few who never left, from stretching the session.
quantiles as (
    select
        session_key,
        has_lefts,
        {{ quantile('first_joined_at', 1 - var('session_window_quantile')) }} as late_joined_at,
        -- A log that lacks most Lefts lacks those of the end: then the last of all that is known ends it.
        case
            when has_lefts then {{ quantile('shown_until_at', 1 - var('session_window_quantile')) }}
            else max(last_known_at)
        end as late_known_at,
        -- Of two people the one who goes first ends it.
        case
            when count(shown_until_at) = 2 and count(case when is_gone then 1 end) = 2 then min(shown_until_at)
            else {{ quantile('shown_until_at', var('session_core_quantile')) }}
        end as core_known_at,
        count(*) as people_count,
        count(first_joined_at) as came_count,
        count(case when is_gone then 1 end) as gone_count,
        count(shown_until_at) as shown_count,
        min(coalesce(first_joined_at, last_seen_at)) as first_there_at,
        max(last_seen_at) as last_seen_at
    from shown
    group by 1, 2
),

-- With nine people or fewer these quantiles are the first and the last of them: the core of the people shows whether
-- one of those is a straggler, such as a browser that was left open overnight. It did not end before nine tenths came.
inferred as (
    select
        quantiles.session_key,
        run.first_joined_at,
        greatest(
            {{ without_straggler('quantiles.late_known_at', 'quantiles.core_known_at') }},
            quantiles.late_joined_at
        ) as last_known_at,
        run.early_joined_at,
        quantiles.people_count,
        quantiles.came_count,
        quantiles.gone_count,
        quantiles.shown_count,
        quantiles.first_there_at,
        run.first_seen_at,
        quantiles.last_seen_at
    from quantiles
    inner join run on quantiles.session_key = run.session_key
),

-- How many people show that a schedule is wrong by more than the buffers.
outside as (
    select
        scheduled.session_key,
        count(case
            when
                last_known.first_joined_at
                < {{ add_minutes('scheduled.starts_at', - var('session_buffer_before_minutes')) }}
                then 1
        end) as came_before_count,
        count(case
            when
                last_known.last_known_at
                > {{ add_minutes('scheduled.ends_at', var('session_buffer_after_minutes')) }}
                then 1
        end) as there_after_count
    from scheduled
    inner join last_known on scheduled.session_key = last_known.session_key
    group by 1
),

-- A private meeting without a Left lasts as long as the median one of its site.
meeting_lengths as (
    select
        sessions.site_id,
        {{ quantile(seconds_between('inferred.first_joined_at', 'inferred.last_known_at'), 0.5) }} as median_seconds
    from sessions
    inner join inferred on sessions.session_key = inferred.session_key
    where
        sessions.is_off_content_page and inferred.gone_count > 0
        and inferred.last_known_at > inferred.first_joined_at
    group by 1
),

-- A schedule is a claim. The log corrects an end if more than a third of the people were there long after it, or of
-- those whose end is known, or if nine tenths had gone long before it; a start in the same way. Long is what the
-- buffers do not cover.
claimed as (
    select
        sessions.*,
        scheduled.session_type as scheduled_type,
        scheduled.starts_at,
        scheduled.ends_at,
        inferred.session_key is not null as is_live,
        coalesce(inferred.first_joined_at, inferred.first_seen_at) as inferred_start_at,
        greatest(
            inferred.last_known_at,
            case
                when sessions.is_off_content_page and inferred.gone_count = 0
                    then {{ add_seconds('inferred.first_joined_at', 'meeting_lengths.median_seconds') }}
            end
        ) as inferred_end_at,
        -- Joined and Left are only written while a session is live: so a schedule is wrong if all lie outside of it.
        coalesce(
            inferred.first_there_at > {{ add_minutes('scheduled.ends_at', var('session_buffer_after_minutes')) }}
            or greatest(inferred.last_seen_at, inferred.last_known_at)
            < {{ add_minutes('scheduled.starts_at', - var('session_buffer_before_minutes')) }}, false
        ) as is_elsewhere,
        coalesce(
            (
                outside.came_before_count >= {{ var('schedule_correction_minimum') }}
                and 3 * outside.came_before_count > inferred.people_count
                and inferred.first_joined_at
                < {{ add_minutes('scheduled.starts_at', - var('session_buffer_before_minutes')) }}
            ) or (
                inferred.came_count >= {{ var('schedule_correction_minimum') }}
                and 2 * inferred.came_count >= inferred.people_count
                and inferred.early_joined_at
                > {{ add_minutes('scheduled.starts_at', var('session_buffer_before_minutes')) }}
            ), false
        ) as is_start_wrong,
        coalesce(
            (
                outside.there_after_count >= {{ var('schedule_correction_minimum') }}
                and 3 * outside.there_after_count > case
                    when 2 * inferred.shown_count >= inferred.people_count then inferred.shown_count
                    else inferred.people_count
                end
                and inferred.last_known_at
                > {{ add_minutes('scheduled.ends_at', var('session_buffer_after_minutes')) }}
            ) or (
                inferred.gone_count >= {{ var('schedule_correction_minimum') }}
                and 2 * inferred.gone_count >= inferred.people_count
                and inferred.last_known_at
                < {{ add_minutes('scheduled.ends_at', - var('session_buffer_after_minutes')) }}
            ), false
        ) as is_end_wrong
    from sessions
    left join inferred on sessions.session_key = inferred.session_key
    left join scheduled on sessions.session_key = scheduled.session_key
    left join outside on sessions.session_key = outside.session_key
    left join meeting_lengths on sessions.site_id = meeting_lengths.site_id
),

windowed as (
    select
        *,
        case
            when starts_at is null then inferred_start_at
            {% if var('schedule_is_claim') %}when is_start_wrong or is_elsewhere then inferred_start_at{% endif %}
            else starts_at
        end as started_at,
        case
            when ends_at is null then inferred_end_at
            {% if var('schedule_is_claim') %}when is_end_wrong or is_elsewhere then inferred_end_at{% endif %}
            else ends_at
        end as ended_at,
        case
            when starts_at is null and is_live then 'inferred'
            {%- if var('schedule_is_claim') %}
            when is_start_wrong or is_end_wrong or is_elsewhere then 'schedule_corrected'
            {%- endif %}
            when starts_at is not null then 'schedule'
        end as window_source
    from claimed
),

final as (
    select
        site_id,
        session_key,
        content_id,
        occurrence_number,
        session_name,
        coalesce(scheduled_type, case when is_off_content_page then 'private_meeting' else 'session' end)
            as session_type,
        case when scheduled_type is null then 'inferred' else 'schedule' end as session_type_source,
        started_at,
        greatest(started_at, ended_at) as ended_at,
        {{ add_minutes('started_at', - var('session_buffer_before_minutes')) }} as window_opened_at,
        {{ add_minutes('greatest(started_at, ended_at)', var('session_buffer_after_minutes')) }}
            as window_closed_at,
        {{ add_minutes('greatest(started_at, ended_at)', 60 * var('straggler_hours')) }} as straggled_at,
        window_source,
        starts_at as scheduled_start_at,
        ends_at as scheduled_end_at,
        has_minute_clock
    from windowed
)

select * from final
