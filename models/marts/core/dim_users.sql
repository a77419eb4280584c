-- Users, with what the newest download says of them. Personal data.
-- Grain: one row per site and user.

with users as (
    select * from {{ ref('int_users') }}
),

final as (
    select
        site_id || ':' || user_id as user_key,
        site_id,
        user_id,
        first_name,
        last_name,
        company,
        email,
        first_seen_at,
        last_seen_at,
        activity_count
    from users
)

select * from final
