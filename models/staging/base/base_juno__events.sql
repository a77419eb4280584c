-- The activity type of each event, and the hash of what makes it an activity.
-- Grain: one row per event.
-- Incremental: a build types the events that it meets for the first time, and never writes an old one again.
-- macros/should_full_refresh.sql says when all of them are typed again.

{{ config(materialized='incremental', incremental_strategy='append') }}

with events as {{ not_materialized() }} (
    select events.* from {{ source('raw', 'events') }} as events
    {%- if is_incremental() %}
    where events.event_id not in (select earlier.event_id from {{ this }} as earlier)
    {%- endif %}
),

patterns as (
    select * from {{ ref('base_juno__activity_patterns') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

typed as {{ not_materialized() }} (
    select
        events.event_id,
        events.site_id,
        {{ cleaned_id('events.user_id') }} as user_id,
        {{ cleaned_id('events.content_id') }} as content_id,
        patterns.activity_type,
        activity_types.activity_family,
        activity_types.is_label_identity,
        patterns.alias_evidence,
        events.occurred_at,
        events.time_flag,
        coalesce({{ cleaned('events.category') }}, '') as category,
        coalesce({{ cleaned('events.action') }}, '') as action,
        {{ cleaned('events.label') }} as label,
        events.content_id is not null as has_content_columns
    from events
    inner join patterns
        on
            events.site_id = patterns.site_id
            and events.category = patterns.category
            and events.action = patterns.action
            and patterns.label_shape = {{ label_shape('events.label') }}
    inner join activity_types on patterns.activity_type = activity_types.activity_type
),

-- The identity of an activity is what cannot be edited later. A label is part of it only where it is what the user did
-- (a text, an answer), not where it is an editable name, and of a sub-breakout's its id; category and action only while
-- their meaning is unknown.
final as (
    select
        event_id,
        {{ hash_key([
            "site_id",
            "user_id",
            "occurred_at",
            "activity_type",
            "content_id",
            "case when is_label_identity then label end",
            "case when activity_family = 'session_events' then " ~ regex_group("label", breakout_pattern(), 2) ~ " end",
            "case when activity_type = 'unrecognised' then category end",
            "case when activity_type = 'unrecognised' then action end",
        ]) }} as identity_hash,
        site_id,
        user_id,
        content_id,
        activity_type,
        activity_family,
        alias_evidence,
        occurred_at,
        time_flag,
        category,
        action,
        label,
        has_content_columns,
        '{{ typing_fingerprint() }}' as typing_fingerprint
    from typed
)

select * from final
