-- Talk Now: the steps of calls, and which request its own user took back. The log does not name the other party.
-- Grain: one row per step of a call.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with call_events as (
    select * from {{ ref('stg_juno__call_events') }}
),

-- To accept is another user's activity, so it stands between none of a user's own requests and cancellations. Within
-- one second the request comes first.
followed as (
    select
        *,
        lag(call_status) over own_steps as previous_status,
        lag(occurred_at) over own_steps as previous_at,
        lag(activity_key) over own_steps as previous_activity_key,
        lead(call_status) over own_steps as next_status,
        lead(occurred_at) over own_steps as next_at,
        lead(activity_key) over own_steps as next_activity_key
    from call_events
    window own_steps as (
        partition by site_id, user_id, call_status = 'accepted'
        order by occurred_at, call_status = 'canceled', activity_key
    )
),

paired as (
    select
        *,
        case
            when user_id is null then null
            when
                call_status = 'requested' and next_status = 'canceled'
                and next_at <= {{ add_minutes('occurred_at', var('call_answer_minutes')) }}
                then next_activity_key
            when
                call_status = 'canceled' and previous_status = 'requested'
                and occurred_at <= {{ add_minutes('previous_at', var('call_answer_minutes')) }}
                then previous_activity_key
        end as paired_activity_key
    from followed
),

final as (
    select
        activity_key,
        paired_activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        call_status as call_step,
        case when call_status = 'requested' and user_id is not null then paired_activity_key is not null end
            as is_canceled_by_requester,
        case when call_status = 'canceled' and user_id is not null then paired_activity_key is not null end
            as is_cancel_of_own_request,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        case
            when call_status = 'requested' and paired_activity_key is not null
                then {{ seconds_between('occurred_at', 'next_at') }}
        end as seconds_to_cancel,
        report_id,
        record_number
    from paired
)

select * from final
