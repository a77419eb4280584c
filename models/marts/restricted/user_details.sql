-- Names and e-mails of the users. Personal data.
-- Grain: one row per site and user.

with users as (
    select * from {{ ref('int_users') }}
),

final as (
    select
        user_key,
        site_id,
        user_id,
        first_name,
        last_name,
        coalesce({{ cleaned("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }}, user_id) as full_name,
        company,
        title,
        city,
        email,
        phone
    from users
)

select * from final
