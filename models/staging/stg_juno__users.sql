-- What the newest unique users report says of each user. Personal data.
-- Grain: one row per site and reported user, who is an id or, without one, an e-mail.

with users as (
    select * from {{ source('raw', 'users') }}
),

reports as (
    select * from {{ source('raw', 'user_reports') }}
),

cleaned as (
    select
        reports.site_id,
        reports.time_zone,
        coalesce(reports.report_date, cast(reports.loaded_at as date)) as report_date,
        reports.loaded_at,
        {{ cleaned_id('users.user_id') }} as user_id,
        {{ cleaned(unless_forgotten('users.first_name')) }} as first_name,
        {{ cleaned(unless_forgotten('users.last_name')) }} as last_name,
        {{ cleaned(unless_forgotten('users.company')) }} as company,
        {{ cleaned_field('users.email') }} as email,
        {{ cleaned('users.title') }} as title,
        {{ cleaned('users.job_type') }} as job_type,
        {{ cleaned('users.phone') }} as phone,
        {{ cleaned('users.city') }} as city,
        {{ cleaned('users.state_province') }} as state_province,
        {{ cleaned('users.country') }} as country,
        {{ cleaned('users.time_zone_offset_seconds') }} as time_zone_offset_seconds,
        {{ cleaned('users.account_level') }} as account_level,
        {{ cleaned('users.date_created') }} as date_created,
        {{ cleaned('users.date_last_login') }} as date_last_login,
        {{ cleaned('users.tags') }} as tags,
        users.extra_columns,
        users.report_id,
        users.record_number
    from users
    inner join reports on users.report_id = reports.report_id
),

merged as (
    select
        {{ merged_user_id('cleaned.user_id') }} as user_id,
        {%- for column in [
            'site_id', 'time_zone', 'report_date', 'loaded_at', 'first_name', 'last_name', 'company', 'email', 'title',
            'job_type', 'phone', 'city', 'state_province', 'country', 'time_zone_offset_seconds', 'account_level',
            'date_created', 'date_last_login', 'tags', 'extra_columns', 'report_id', 'record_number',
        ] %}
        cleaned.{{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from cleaned
    {{ join_same_users('cleaned.site_id', 'cleaned.user_id') }}
),

ranked as (
    select
        *,
        {{ reported_user_key('site_id', 'user_id', 'email') }} as reported_user_key,
        row_number() over (
            partition by {{ reported_user_key('site_id', 'user_id', 'email') }}
            order by report_date desc, loaded_at desc, report_id desc, record_number desc
        ) as newness
    from merged
),

typed as (
    select
        *,
        {{ try_cast('time_zone_offset_seconds', dbt.type_int()) }} as offset_seconds,
        {{ try_cast('account_level', dbt.type_int()) }} as level_number,
        {{ try_utc('date_created', 'time_zone') }} as created_at,
        {{ try_utc('date_last_login', 'time_zone') }} as last_login_at
    from ranked
    where newness = 1
),

final as (
    select
        reported_user_key,
        site_id,
        user_id,
        first_name,
        last_name,
        company,
        {{ unless_forgotten('email') }} as email,
        title,
        job_type,
        phone,
        city,
        state_province,
        country,
        offset_seconds as time_zone_offset_seconds,
        level_number as account_level,
        level_number = 99 as is_administrator,
        tags,
        extra_columns,
        created_at,
        -- The platform writes 1900 for never.
        case when last_login_at >= timestamp '1901-01-01 00:00:00' then last_login_at end as last_login_at,
        report_date,
        loaded_at,
        report_id,
        record_number
    from typed
)

select * from final
