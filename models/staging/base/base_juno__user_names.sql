-- What the records of each report say of each user: names, company and e-mail. Personal data.
-- Grain: one row per report, user, first name, last name, company and e-mail.

with activities as (
    select * from {{ source('raw', 'activities') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

-- As they are written: there are far fewer of them than records to take blanks off.
told as (
    select
        report_id,
        user_id,
        first_name,
        last_name,
        company,
        email,
        max(occurred_at) as last_occurred_at
    from activities
    group by 1, 2, 3, 4, 5, 6
),

cleaned as (
    select
        reports.report_id,
        reports.site_id,
        reports.download_number,
        {{ cleaned_id('told.user_id') }} as user_id,
        {{ cleaned('told.first_name') }} as first_name,
        {{ cleaned('told.last_name') }} as last_name,
        {{ cleaned('told.company') }} as company,
        {{ cleaned_field('told.email') }} as email,
        told.last_occurred_at
    from told
    inner join reports on told.report_id = reports.report_id
),

final as (
    select
        report_id,
        site_id,
        download_number,
        user_id,
        first_name,
        last_name,
        company,
        email,
        max(last_occurred_at) as last_occurred_at
    from cleaned
    where user_id is not null
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select * from final
