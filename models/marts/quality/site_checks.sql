-- Checks of each site: how new its activities are, which days have none, and people who are in no number of people.
-- Grain: one row per site.

with activities as (
    select * from {{ ref('fct_activities') }}
),

guests as (
    select
        site_id,
        count(*) as guest_count,
        sum(activity_count) as guest_activity_count
    from {{ ref('guests') }}
    group by 1
),

candidates as (
    select
        site_id,
        count(*) as same_user_pair_count
    from {{ ref('same_user_candidates') }}
    group by 1
),

days as (
    select
        site_id,
        occurred_date,
        count(*) filter (where user_key is null) as without_user_count
    from activities
    group by 1, 2
),

with_next as (
    select
        *,
        lead(occurred_date) over (partition by site_id order by occurred_date) as next_date
    from days
),

spans as (
    select
        *,
        {{ dbt.datediff('occurred_date', 'next_date', 'day') }}
        - 1 as silent_days,
        cast({{ dbt.dateadd('day', 1, 'occurred_date') }} as date) as first_silent_date,
        cast({{ dbt.dateadd('day', -1, 'next_date') }} as date) as last_silent_date
    from with_next
),

-- After a longer silence an event is over, and the days between it and the next are expected to be empty.
silences as (
    select
        site_id,
        cast(sum(silent_days) as bigint) as silent_day_count,
        {{ dbt.listagg(
            "cast(first_silent_date as " ~ dbt.type_string() ~ ") || case when silent_days > 1 then ' to ' || cast("
            ~ "last_silent_date as " ~ dbt.type_string() ~ ") else '' end",
            "', '",
            "order by first_silent_date",
        ) }} as silent_dates
    from spans
    where silent_days between 1 and {{ var('longest_silence_days') }}
    group by 1
),

totals as (
    select
        site_id,
        min(occurred_date) as first_occurred_date,
        max(occurred_date) as last_occurred_date,
        cast(sum(without_user_count) as bigint) as without_user_count
    from days
    group by 1
),

final as (
    select
        totals.site_id,
        totals.first_occurred_date,
        totals.last_occurred_date,
        coalesce(silences.silent_day_count, 0) as silent_day_count,
        silences.silent_dates,
        totals.without_user_count,
        coalesce(guests.guest_count, 0) as guest_count,
        cast(coalesce(guests.guest_activity_count, 0) as bigint) as guest_activity_count,
        coalesce(candidates.same_user_pair_count, 0) as same_user_pair_count
    from totals
    left join silences on totals.site_id = silences.site_id
    left join guests on totals.site_id = guests.site_id
    left join candidates on totals.site_id = candidates.site_id
)

select * from final
