-- Users of the activities and of the unique users report, each once. Personal data.
-- Grain: one row per site and user id.

with active_users as (
    select * from {{ ref('int_active_users') }}
),

reported_users as (
    select * from {{ ref('int_reported_users') }}
    where user_key is not null
),

-- The activity reports come first: the users report is optional, and its header is not documented.
final as (
    select
        coalesce(active_users.user_key, reported_users.user_key) as user_key,
        coalesce(active_users.site_id, reported_users.site_id) as site_id,
        coalesce(active_users.user_id, reported_users.user_id) as user_id,
        {%- for column in ['first_name', 'last_name', 'company', 'email'] %}
        coalesce(active_users.{{ column }}, reported_users.{{ column }}) as {{ column }},
        {%- endfor %}
        reported_users.title,
        reported_users.job_type,
        reported_users.phone,
        reported_users.city,
        reported_users.state_province,
        reported_users.country,
        reported_users.is_administrator,
        reported_users.user_key is not null as is_reported,
        coalesce(active_users.name_count, 0) as name_count,
        coalesce(active_users.email_count, 0) as email_count,
        active_users.first_seen_at,
        active_users.last_seen_at,
        coalesce(active_users.account_created_at, reported_users.created_at) as account_created_at,
        active_users.profile_saved_at,
        reported_users.last_login_at,
        coalesce(active_users.activity_count, 0) as activity_count
    from active_users
    full outer join reported_users on active_users.user_key = reported_users.user_key
)

select * from final
