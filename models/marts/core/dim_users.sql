-- Users without their names and e-mails, which are in user_details.
-- Grain: one row per site and user.

with users as (
    select * from {{ ref('int_users') }}
),

staff as (
    select user_key from {{ ref('int_user_groups') }}
    where group_kind = 'staff'
),

final as (
    select
        users.user_key,
        users.site_id,
        users.user_id,
        users.company,
        users.job_type,
        users.state_province,
        users.country,
        staff.user_key is not null as is_staff,
        users.is_administrator,
        users.is_reported,
        users.first_seen_at,
        users.last_seen_at,
        users.account_created_at,
        users.profile_saved_at,
        users.last_login_at,
        users.name_count,
        users.email_count,
        users.activity_count
    from users
    left join staff on users.user_key = staff.user_key
)

select * from final
