-- Users who did something, with their details in the newest download that has each. Personal data.
-- Grain: one row per site and user that has an activity.

-- An old name or e-mail is often in an older download only, so duplicates count here too, for names and
-- for the times when the user was there.
with activities as (
    select * from {{ ref('base_juno__activities') }}
    where user_id is not null
),

user_names as (
    select * from {{ ref('base_juno__user_names') }}
),

activity_totals as (
    select
        site_id,
        user_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        min(case when activity_type = 'account_created' then occurred_at end) as account_created_at,
        max(case when activity_type = 'details_updated' then occurred_at end) as profile_saved_at,
        count(*) filter (where not is_duplicate) as activity_count
    from activities
    group by 1, 2
),

-- Within one download the value on the latest record counts; of two on the same second the later in the alphabet.
names as (
    select
        site_id,
        user_id,
        {{ newest('first_name', ['download_number', 'last_occurred_at']) }} as first_name,
        {{ newest('last_name', ['download_number', 'last_occurred_at']) }} as last_name,
        {{ newest('company', ['download_number', 'last_occurred_at']) }} as company,
        {{ newest('email', ['download_number', 'last_occurred_at']) }} as email,
        count(distinct {{ folded("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }}) as name_count,
        count(distinct {{ lowered('email') }}) as email_count
    from user_names
    group by 1, 2
),

final as (
    select
        activity_totals.site_id || ':' || activity_totals.user_id as user_key,
        activity_totals.site_id,
        activity_totals.user_id,
        names.first_name,
        names.last_name,
        names.company,
        names.email,
        names.name_count,
        names.email_count,
        activity_totals.first_seen_at,
        activity_totals.last_seen_at,
        activity_totals.account_created_at,
        activity_totals.profile_saved_at,
        activity_totals.activity_count
    from activity_totals
    inner join names on activity_totals.site_id = names.site_id and activity_totals.user_id = names.user_id
)

select * from final
