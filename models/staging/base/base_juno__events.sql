-- The activity type of each event, and the hash of what makes it an activity.
-- Grain: one row per event.
-- Incremental: a build types the events that it meets for the first time, and never writes an old one again.
-- macros/should_full_refresh.sql says when all of them are typed again.

{{ config(materialized='incremental', incremental_strategy='append') }}

with events as {{ not_materialized() }} (
    select * from {{ source('raw', 'events') }}
    {%- if is_incremental() %}
    where event_id not in (select earlier.event_id from {{ this }} as earlier)
    {%- endif %}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

-- Here is what all events of a pattern share, calculated once for each pattern.
patterns as (
    select
        patterns.site_id,
        patterns.category,
        patterns.action,
        patterns.label_shape,
        coalesce({{ cleaned('patterns.category') }}, '') as cleaned_category,
        coalesce({{ cleaned('patterns.action') }}, '') as cleaned_action,
        patterns.activity_type,
        activity_types.activity_family,
        activity_types.is_label_identity,
        patterns.alias_evidence
    from {{ ref('base_juno__activity_patterns') }} as patterns
    inner join activity_types on patterns.activity_type = activity_types.activity_type
),

cleaned as {{ not_materialized() }} (
    select
        event_id,
        site_id,
        {{ cleaned_id('user_id') }} as user_id,
        {{ cleaned_id('content_id') }} as content_id,
        occurred_at,
        time_flag,
        category,
        action,
        {{ cleaned('label') }} as label,
        content_id is not null as has_content_columns
    from events
),

typed as {{ not_materialized() }} (
    select
        cleaned.event_id,
        cleaned.site_id,
        cleaned.user_id,
        cleaned.content_id,
        patterns.activity_type,
        patterns.activity_family,
        patterns.is_label_identity,
        patterns.alias_evidence,
        cleaned.occurred_at,
        cleaned.time_flag,
        patterns.cleaned_category as category,
        patterns.cleaned_action as action,
        cleaned.label,
        cleaned.has_content_columns
    from cleaned
    inner join patterns
        on
            cleaned.site_id = patterns.site_id
            and cleaned.category = patterns.category
            and cleaned.action = patterns.action
            and patterns.label_shape = {{ label_shape('cleaned.label', is_cleaned=true) }}
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
            "case when activity_family = 'session_events' and " ~ is_match("label", "(?i)^breakout from ") ~ " then "
            ~ regex_group("label", breakout_pattern(), 2) ~ " end",
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
