-- Users who did something, with what the newest download that tells it says of them. Personal data.
-- Grain: one row per site and user that has an activity.

-- An old name or e-mail is often told by an older download only, so the records that were set aside as duplicates tell
-- them too.
with activities as (
    select * from {{ ref('base_juno__activities') }}
    where user_id is not null
),

-- One row per value that a download gives, which is far fewer than there are activities.
told as (
    select
        site_id,
        user_id,
        download_number,
        first_name,
        last_name,
        company,
        email,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at,
        min(case when activity_type = 'account_created' then occurred_at end) as account_created_at,
        max(case when activity_type = 'details_updated' then occurred_at end) as profile_saved_at,
        count(*) filter (where not is_duplicate) as activity_count
    from activities
    group by 1, 2, 3, 4, 5, 6, 7
),

-- Within one download the value on the latest record counts; of two on the same second the later in the alphabet.
final as (
    select
        site_id || ':' || user_id as user_key,
        site_id,
        user_id,
        {{ newest('first_name', ['download_number', 'last_occurred_at']) }} as first_name,
        {{ newest('last_name', ['download_number', 'last_occurred_at']) }} as last_name,
        {{ newest('company', ['download_number', 'last_occurred_at']) }} as company,
        {{ newest('email', ['download_number', 'last_occurred_at']) }} as email,
        count(distinct {{ folded("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }}) as name_count,
        count(distinct {{ lowered('email') }}) as email_count,
        min(first_occurred_at) as first_seen_at,
        max(last_occurred_at) as last_seen_at,
        min(account_created_at) as account_created_at,
        max(profile_saved_at) as profile_saved_at,
        cast(sum(activity_count) as bigint) as activity_count
    from told
    group by 1, 2, 3
)

select * from final
