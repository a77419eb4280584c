-- Content pages that users viewed, and whether before, during or after the session that the page is of.
-- Grain: one row per view of a content.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with content_views as (
    {{ with_session_key(ref('stg_juno__content_views')) }}
),

sessions as (
    select * from {{ ref('int_sessions') }}
    where content_id is not null
),

placed as (
    select
        content_views.*,
        case
            when content_views.occurred_at < sessions.started_at then 'before'
            when content_views.occurred_at <= sessions.ended_at then 'during'
            when content_views.occurred_at > sessions.ended_at then 'after'
        end as live_phase,
        case
            when content_views.user_id is not null and content_views.content_id is not null
                then cast(row_number() over (
                    partition by content_views.site_id, content_views.user_id, content_views.content_id
                    order by content_views.occurred_at, content_views.activity_key
                ) as bigint)
        end as view_number
    from content_views
    left join sessions on content_views.session_key = sessions.session_key
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        session_key,
        site_id,
        user_id,
        content_id,
        live_phase,
        view_number = 1 as is_first_view,
        coalesce(live_phase = 'after', false) as is_on_demand,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        view_number,
        report_id,
        record_number
    from placed
)

select * from final
