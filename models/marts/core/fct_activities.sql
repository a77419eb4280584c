-- Every activity, of every family: the fact that all other marts count from.
-- Grain: one row per activity.

with activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        activity_family,
        alias_evidence,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        time_flag,
        report_id,
        record_number
    from activities
)

select * from final
