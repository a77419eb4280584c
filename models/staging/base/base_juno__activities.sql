-- Every landed record with its activity type and typed time, and whether another record already tells the same
-- activity. Who the user is, is not in it: base_juno__user_names.
-- Grain: one row per landed record; the unique ones, one per activity, are those with not is_duplicate.
-- Incremental by report: a build types the records of the reports that it meets for the first time, and settles again
-- which record is the unique one of each activity in them. macros/should_full_refresh.sql says when all is typed anew.

{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite' if replaces_whole_reports() else 'delete+insert',
    unique_key=['report_id', 'record_number'],
    partition_by=['site_id', 'report_id'] if replaces_whole_reports() else none,
) }}

{%- set goes_on = is_incremental() %}
{%- set columns = [
    'site_id', 'user_id', 'content_id', 'activity_type', 'activity_family', 'alias_evidence', 'occurred_at', 'time_flag',
    'category', 'action', 'label', 'content_name', 'content_slug', 'has_content_columns', 'report_id', 'record_number',
] %}

with reports as (
    select * from {{ ref('base_juno__reports') }}
),

activities as {{ not_materialized() }} (
    select activities.* from {{ source('raw', 'activities') }} as activities
    {%- if goes_on %}
    where activities.report_id not in (select earlier.report_id from {{ this }} as earlier)
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
        activities.report_id,
        activities.record_number,
        reports.site_id,
        {{ cleaned_id('activities.user_id') }} as user_id,
        patterns.activity_type,
        patterns.alias_evidence,
        activity_types.activity_family,
        activity_types.is_label_identity,
        coalesce({{ cleaned('activities.category') }}, '') as category,
        coalesce({{ cleaned('activities.action') }}, '') as action,
        {{ cleaned('activities.label') }} as label,
        activities.occurred_at,
        activities.time_flag,
        {{ cleaned_id('activities.content_id') }} as content_id,
        {{ cleaned_field('activities.content_name') }} as content_name,
        {{ cleaned_field('activities.content_slug') }} as content_slug,
        activities.content_id is not null as has_content_columns
    from activities
    inner join reports on activities.report_id = reports.report_id
    inner join patterns
        on
            reports.site_id = patterns.site_id
            and activities.category = patterns.category
            and activities.action = patterns.action
            and patterns.label_shape = {{ label_shape('activities.label') }}
    inner join activity_types on patterns.activity_type = activity_types.activity_type
),

-- The identity of an activity is what nobody can edit later. A label is part of it only where it is what the user did
-- (a text, an answer), not where it is an editable name, and of a sub-breakout's its id; category and action only while
-- nobody has said what they mean.
-- (Typed twice rather than kept: a second pass over ten million records takes 20 s of processor time, to keep them with
-- all their texts, as this engine would, and to sort them takes 60.)
typed_identities as {{ not_materialized() }} (
    select
        *,
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
        ]) }} as identity_hash
    from typed
),

identified as {{ not_materialized() }} (
    select
        identity_hash,
        {{ columns | join(',\n        ') }}
    from typed_identities
    {%- if goes_on %}
    union all
    -- What earlier builds typed and a report that is new tells too.
    select
        earlier.activity_key - earlier.occurrence_number + 1 as identity_hash,
        earlier.{{ columns | join(',\n        earlier.') }}
    from {{ this }} as earlier
    where
        earlier.activity_key - earlier.occurrence_number + 1 in (
            select typed_identities.identity_hash from typed_identities
        )
    {%- endif %}
),

identities as (
    select
        identified.identity_hash,
        identified.occurred_at,
        identified.site_id,
        identified.report_id,
        identified.record_number,
        reports.download_number
    from identified
    inner join reports on identified.report_id = reports.report_id
),

-- Few, unless downloads overlap. (The time beside the hash makes sure that two different activities are never taken for
-- one: they would have to share both.)
repeated_identities as (
    select
        identity_hash,
        occurred_at
    from identities
    group by 1, 2
    having count(*) > 1
),

-- Two equal records inside one file are two activities, so they are numbered.
numbered as (
    select
        identities.*,
        row_number() over (
            partition by identities.identity_hash, identities.occurred_at, identities.download_number
            order by identities.record_number
        ) as occurrence_number
    from identities
    inner join repeated_identities
        on
            identities.identity_hash = repeated_identities.identity_hash
            and identities.occurred_at = repeated_identities.occurred_at
),

-- The same activity in several files is one: the newest download keeps it, for its names are the newest. So of an
-- activity the largest count that any one file holds is kept.
ranked as (
    select
        *,
        row_number() over copies as copy_number,
        first_value(report_id) over copies as unique_report_id,
        first_value(record_number) over copies as unique_record_number
    from numbered
    window copies as (
        partition by identity_hash, occurred_at, occurrence_number
        order by download_number desc
    )
),

-- A record that is not found here is unique, and the first of its activity.
copies as (
    select * from ranked
    where copy_number > 1 or occurrence_number > 1
),

settled as (
    select
        identified.identity_hash + coalesce(copies.occurrence_number, 1) - 1 as activity_key,
        coalesce(copies.occurrence_number, 1) as occurrence_number,
        identified.site_id,
        identified.user_id,
        identified.content_id,
        identified.activity_type,
        identified.activity_family,
        identified.alias_evidence,
        identified.occurred_at,
        identified.time_flag,
        identified.category,
        identified.action,
        identified.label,
        identified.content_name,
        identified.content_slug,
        identified.has_content_columns,
        coalesce(copies.copy_number, 1) > 1 as is_duplicate,
        identified.report_id,
        identified.record_number,
        coalesce(copies.unique_report_id, identified.report_id) as unique_report_id,
        coalesce(copies.unique_record_number, identified.record_number) as unique_record_number,
        '{{ typing_fingerprint() }}' as typing_fingerprint
    from identified
    left join copies
        on
            identified.report_id = copies.report_id
            and identified.record_number = copies.record_number
),

final as (
    select * from settled
    {%- if goes_on and replaces_whole_reports() %}
    union all
    -- What is settled anew takes the rest of its report with it.
    select
        earlier.activity_key,
        earlier.occurrence_number,
        earlier.{{ columns[:-2] | join(',\n        earlier.') }},
        earlier.is_duplicate,
        earlier.report_id,
        earlier.record_number,
        earlier.unique_report_id,
        earlier.unique_record_number,
        earlier.typing_fingerprint
    from {{ this }} as earlier
    where
        earlier.report_id in (select identified.report_id from identified)
        and earlier.activity_key - earlier.occurrence_number + 1 not in (
            select typed_identities.identity_hash from typed_identities
        )
    {%- endif %}
)

select * from final
