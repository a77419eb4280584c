-- Every activity with its activity type and time, and the events that another record stands for.
-- Names and e-mails are in base_juno__user_names.
-- Grain: one row per activity, which is not is_duplicate, and one per event that is the unique record of none.

{{ config(materialized=view_or_table()) }}

with events as (
    select * from {{ ref('base_juno__events') }}
),

activity_records as (
    select * from {{ ref('base_juno__activity_records') }}
),

-- Cleaned before the join, because a name is in many records.
content_names as (
    select
        content_name_id,
        {{ cleaned_field('content_name') }} as content_name,
        {{ cleaned_field('content_slug') }} as content_slug
    from {{ source('raw', 'content_names') }}
),

final as (
    select
        events.identity_hash + activity_records.occurrence_number - 1 as activity_key,
        events.site_id,
        {{ merged_user_id('events.user_id') }} as user_id,
        events.content_id,
        events.activity_type,
        events.activity_family,
        events.alias_evidence,
        cast(events.occurred_at as timestamp) as occurred_at,
        events.time_flag,
        events.category,
        events.action,
        events.label,
        content_names.content_name,
        content_names.content_slug,
        events.has_content_columns,
        activity_records.is_duplicate,
        activity_records.report_id,
        activity_records.record_number
    from events
    inner join activity_records on events.event_id = activity_records.event_id
    {{ join_same_users('events.site_id', 'events.user_id') }}
    left join content_names on activity_records.content_name_id = content_names.content_name_id
)

select * from final
