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

-- Labels are far fewer than events: here is what all events of a label share.
labels as (
    select
        site_id,
        category,
        action,
        label,
        {{ cleaned('label') }} as cleaned_label
    from events
    group by 1, 2, 3, 4
),

typed_labels as (
    select
        labels.site_id,
        labels.category,
        labels.action,
        labels.label,
        labels.cleaned_label,
        patterns.cleaned_category,
        patterns.cleaned_action,
        patterns.activity_type,
        patterns.activity_family,
        patterns.is_label_identity,
        patterns.alias_evidence
    from labels
    inner join patterns
        on
            labels.site_id = patterns.site_id
            and labels.category = patterns.category
            and labels.action = patterns.action
            and patterns.label_shape = {{ label_shape('labels.cleaned_label', is_cleaned=true) }}
),

typed as {{ not_materialized() }} (
    select
        events.event_id,
        events.site_id,
        {{ cleaned_id('events.user_id') }} as user_id,
        {{ cleaned_id('events.content_id') }} as content_id,
        typed_labels.activity_type,
        typed_labels.activity_family,
        typed_labels.is_label_identity,
        typed_labels.alias_evidence,
        events.occurred_at,
        events.time_flag,
        typed_labels.cleaned_category as category,
        typed_labels.cleaned_action as action,
        typed_labels.cleaned_label as label,
        events.content_id is not null as has_content_columns
    from events
    inner join typed_labels
        on
            events.site_id = typed_labels.site_id
            and events.category = typed_labels.category
            and events.action = typed_labels.action
            and events.label is not distinct from typed_labels.label
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
