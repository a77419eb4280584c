-- The sessions of a content page, one after the other.
-- Grain: one row per session that has a page.

with session_events as (
    select * from {{ ref('int_session_events') }}
    where content_id is not null
),

sessions as (
    select
        site_id,
        content_id,
        session_key,
        occurrence_number,
        bool_or(session_event <> 'attend') as is_live,
        coalesce(
            min(occurred_at) filter (where session_event = 'joined'),
            min(occurred_at) filter (where session_event = 'left'),
            min(occurred_at)
        ) as began_at
    from session_events
    group by 1, 2, 3, 4
),

final as (
    select
        *,
        count(*) over (partition by site_id, content_id) as page_session_count
    from sessions
)

select * from final
