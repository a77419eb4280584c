-- Requests to speak: each raised hand with the lowering that ended it, if the log has one.
-- Grain: one row per raised hand, and per lowering of a hand without a raise in the log.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with hand_raises as (
    select * from {{ ref('stg_juno__hand_raises') }}
),

counted as (
    select
        *,
        count(*) filter (where is_raised) over same_second as raised_count,
        count(*) filter (where not is_raised) over same_second as lowered_count
    from hand_raises
    window same_second as (partition by site_id, user_id, content_id, occurred_at)
),

-- Within one second the log has no order: a hand that was up went down first, one that was not went up first.
stated as (
    select
        *,
        coalesce(
            {{ last_known('nullif(raised_count, lowered_count) > lowered_count') }} over (
                partition by site_id, user_id, content_id
                order by occurred_at
                range between unbounded preceding and interval 1 second preceding
            ),
            false
        ) as was_up
    from counted
),

-- Without a user the records of several people would look like one: their hands stay unpaired.
followed as (
    select
        *,
        case when user_id is not null then lead(is_raised) over one_hand end as is_next_raised,
        lead(occurred_at) over one_hand as next_at,
        lead(activity_key) over one_hand as next_activity_key,
        coalesce(lag(is_raised) over one_hand and user_id is not null, false) as is_end_of_raised
    from stated
    window one_hand as (
        partition by site_id, user_id, content_id
        order by occurred_at, is_raised = was_up, activity_key
    )
),

ended as (
    select
        *,
        case when is_raised then occurred_at end as raised_at,
        case
            when not is_raised then occurred_at
            when not is_next_raised then next_at
        end as lowered_at,
        case
            when not is_raised then activity_key
            when not is_next_raised then next_activity_key
        end as lowered_activity_key
    from followed
    where is_raised or not is_end_of_raised
),

final as (
    select
        activity_key,
        lowered_activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        case
            when lowered_at is not null then 'lowered'
            when is_next_raised then 'raised_again'
            else 'none'
        end as closed_by,
        raised_at,
        lowered_at,
        {{ local_date('occurred_at') }} as occurred_date,
        {{ seconds_between('raised_at', 'lowered_at') }} as waiting_seconds,
        report_id,
        record_number
    from ended
)

select * from final
