-- Sessions with their window of presence: from the schedule where there is one, else inferred from the log.
-- Grain: one row per session (a public session together with its breakouts, or a private meeting).

with session_events as (
    select * from {{ ref('int_session_events') }}
),

inferred as (
    select * from {{ ref('int_inferred_windows') }}
),

scheduled as (
    select * from {{ ref('int_session_schedule') }}
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
                inferred.came_before_count >= {{ var('schedule_correction_minimum') }}
                and 3 * inferred.came_before_count > inferred.people_count
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
                inferred.there_after_count >= {{ var('schedule_correction_minimum') }}
                and 3 * inferred.there_after_count > case
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
