-- To which session an activity belongs that was done on a page with several: the last that had begun, else the first.
-- Grain: one row per activity on a page that has several sessions. Other pages have one session at most.

with activities as (
    select * from {{ ref('fct_activities') }}
    where content_id is not null
),

sessions as (
    select * from {{ ref('int_page_sessions') }}
    where page_session_count > 1
),

first_sessions as (
    select * from sessions
    where occurrence_number = 1
),

moments as (
    select
        activities.activity_key,
        activities.site_id,
        activities.content_id,
        activities.occurred_at,
        cast(null as {{ dbt.type_string() }}) as session_key
    from activities
    inner join first_sessions
        on activities.site_id = first_sessions.site_id and activities.content_id = first_sessions.content_id
    union all
    select
        cast(null as bigint) as activity_key,
        site_id,
        content_id,
        began_at as occurred_at,
        session_key
    from sessions
),

looked_back as (
    select
        activity_key,
        site_id,
        content_id,
        {{ last_known('session_key') }} over (
            partition by site_id, content_id
            order by occurred_at, activity_key nulls first
            rows between unbounded preceding and current row
        ) as session_key
    from moments
),

final as (
    select
        looked_back.activity_key,
        coalesce(looked_back.session_key, first_sessions.session_key) as session_key
    from looked_back
    inner join first_sessions
        on looked_back.site_id = first_sessions.site_id and looked_back.content_id = first_sessions.content_id
    where looked_back.activity_key is not null
)

select * from final
