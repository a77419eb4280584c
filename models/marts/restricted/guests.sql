-- People whom the activity reports name by an e-mail and no user id, such as guests. Personal data.
-- Grain: one row per site and e-mail, in small letters.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

activities as (
    select * from {{ ref('base_juno__activity_records') }}
    where not is_duplicate
),

events as (
    select * from {{ ref('base_juno__events') }}
    where user_id is null
),

user_names as (
    select
        user_name_id,
        {{ cleaned(unless_forgotten('first_name')) }} as first_name,
        {{ cleaned(unless_forgotten('last_name')) }} as last_name,
        {{ cleaned(unless_forgotten('company')) }} as company,
        {{ lowered(cleaned_field(unless_forgotten('email'))) }} as email
    from {{ source('raw', 'user_names') }}
),

users as (
    select
        site_id,
        {{ lowered('email') }} as email,
        min(user_key) as user_key
    from {{ ref('int_users') }}
    group by 1, 2
    having count(*) = 1
),

-- The newest download says whose address it is.
named as (
    select
        report_records.event_id,
        max(report_records.download_number) as download_number,
        max_by(report_records.user_name_id, report_records.download_number) as user_name_id
    from report_records
    inner join events on report_records.event_id = events.event_id
    group by 1
),

guests as (
    select
        events.site_id,
        user_names.email,
        {{ newest('user_names.first_name', ['named.download_number', 'events.occurred_at']) }} as first_name,
        {{ newest('user_names.last_name', ['named.download_number', 'events.occurred_at']) }} as last_name,
        {{ newest('user_names.company', ['named.download_number', 'events.occurred_at']) }} as company,
        cast(min(events.occurred_at) as timestamp) as first_seen_at,
        cast(max(events.occurred_at) as timestamp) as last_seen_at,
        count(*) as activity_count
    from events
    inner join activities on events.event_id = activities.event_id
    inner join named on events.event_id = named.event_id
    inner join user_names on named.user_name_id = user_names.user_name_id
    where user_names.email is not null
    group by 1, 2
),

final as (
    select
        guests.site_id,
        guests.email,
        guests.first_name,
        guests.last_name,
        guests.company,
        guests.first_seen_at,
        guests.last_seen_at,
        guests.activity_count,
        users.user_key as perhaps_user_key
    from guests
    left join users on guests.site_id = users.site_id and guests.email = users.email
)

select * from final
