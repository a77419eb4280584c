-- Names, company and e-mail of each user in the records of each report. Personal data.
-- Grain: one row per report, user, first name, last name, company and e-mail.

with report_records as (
    select * from {{ ref('base_juno__report_records') }}
),

events as (
    select * from {{ ref('base_juno__events') }}
),

user_names as (
    select * from {{ source('raw', 'user_names') }}
),

-- By their ids: there are far fewer names than records to take blanks off.
seen as (
    select
        report_records.report_id,
        report_records.site_id,
        report_records.download_number,
        report_records.user_name_id,
        cast(max(events.occurred_at) as timestamp) as last_occurred_at
    from report_records
    inner join events on report_records.event_id = events.event_id
    group by 1, 2, 3, 4
),

cleaned as (
    select
        seen.report_id,
        seen.site_id,
        seen.download_number,
        {{ cleaned_id('user_names.user_id') }} as user_id,
        {{ cleaned(unless_forgotten('user_names.first_name')) }} as first_name,
        {{ cleaned(unless_forgotten('user_names.last_name')) }} as last_name,
        {{ cleaned(unless_forgotten('user_names.company')) }} as company,
        {{ cleaned_field(unless_forgotten('user_names.email')) }} as email,
        seen.last_occurred_at
    from seen
    inner join user_names on seen.user_name_id = user_names.user_name_id
),

final as (
    select
        cleaned.report_id,
        cleaned.site_id,
        cleaned.download_number,
        {{ merged_user_id('cleaned.user_id') }} as user_id,
        cleaned.first_name,
        cleaned.last_name,
        cleaned.company,
        cleaned.email,
        max(cleaned.last_occurred_at) as last_occurred_at
    from cleaned
    {{ join_same_users('cleaned.site_id', 'cleaned.user_id') }}
    where cleaned.user_id is not null
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select * from final
