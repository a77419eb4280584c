-- Every activity, of every family: the fact that all other marts count from.
-- Grain: one row per activity.

with activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate
),

usual_times as (
    select * from {{ ref('int_usual_times') }}
),

final as (
    select
        activities.activity_key,
        activities.site_id || ':' || activities.user_id as user_key,
        activities.site_id || ':' || activities.content_id as content_key,
        activities.site_id,
        activities.user_id,
        activities.content_id,
        activities.activity_type,
        activities.activity_family,
        activities.alias_evidence,
        activities.occurred_at,
        {{ local_date('activities.occurred_at') }} as occurred_date,
        case
            when activities.occurred_at between usual_times.first_usual_at and usual_times.last_usual_at
                then activities.time_flag
            else 'outlier'
        end as time_flag,
        activities.report_id,
        activities.record_number
    from activities
    inner join usual_times on activities.site_id = usual_times.site_id
)

select * from final
