-- Users without their names and e-mails, which are in user_details.
-- Grain: one row per site and user.

with users as (
    select * from {{ ref('int_users') }}
),

final as (
    select
        user_key,
        site_id,
        user_id,
        company,
        first_seen_at,
        last_seen_at,
        account_created_at,
        profile_saved_at,
        name_count,
        email_count,
        activity_count
    from users
)

select * from final
