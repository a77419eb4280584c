-- Schedules started and completed, and how long after the start. The report does not say which schedule is meant.
-- Grain: one row per schedule started or completed.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with schedule_events as (
    select * from {{ ref('stg_juno__schedule_events') }}
),

-- Within one second the start comes first.
preceded as (
    select
        *,
        is_completed and user_id is not null and not lag(is_completed) over own_events as is_after_start,
        lag(occurred_at) over own_events as previous_at,
        lag(activity_key) over own_events as previous_activity_key
    from schedule_events
    window own_events as (
        partition by site_id, user_id, content_id
        order by occurred_at, is_completed, activity_key
    )
),

final as (
    select
        activity_key,
        case when is_after_start then previous_activity_key end as started_activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        case when is_completed then 'completed' else 'started' end as schedule_event,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        case when is_after_start then {{ seconds_between('previous_at', 'occurred_at') }} end as seconds_since_started,
        report_id,
        record_number
    from preceded
)

select * from final
