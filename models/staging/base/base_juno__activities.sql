-- Every landed record with its activity type and typed time, and whether another record already tells the same act.
-- Grain: one row per landed record; the kept ones, one per activity, are those with not is_duplicate.

with activities as (
    select * from {{ source('raw', 'activities') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

patterns as (
    select * from {{ ref('base_juno__activity_patterns') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

typed as (
    select
        activities.report_id,
        activities.record_number,
        reports.download_number,
        reports.site_id,
        {{ cleaned('activities.user_id') }} as user_id,
        {{ cleaned('activities.first_name') }} as first_name,
        {{ cleaned('activities.last_name') }} as last_name,
        {{ cleaned('activities.company') }} as company,
        {{ cleaned('activities.email') }} as email,
        patterns.activity_type,
        patterns.alias_evidence,
        activity_types.activity_family,
        activity_types.is_label_identity,
        coalesce({{ cleaned('activities.category') }}, '') as category,
        coalesce({{ cleaned('activities.action') }}, '') as action,
        {{ cleaned('activities.label') }} as label,
        activities.occurred_at,
        activities.time_flag,
        {{ cleaned('activities.content_id') }} as content_id,
        {{ cleaned('activities.content_name') }} as content_name,
        {{ cleaned('activities.content_slug') }} as content_slug,
        activities.content_id is not null as has_content_columns
    from activities
    inner join reports on activities.report_id = reports.report_id
    inner join patterns
        on
            reports.site_id = patterns.site_id
            and activities.category = patterns.category
            and activities.action = patterns.action
            and patterns.label_state = {{ label_state('activities.label') }}
    inner join activity_types on patterns.activity_type = activity_types.activity_type
),

-- The identity of an activity is what nobody can edit later. A label is part of it only where it is what the user did
-- (a text, an answer), not where it is an editable name, and of a sub-breakout's its id; category and action only while
-- nobody has said what they mean.
identified as (
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

-- Two equal records inside one file are two acts, so they are numbered. (The time beside the hash makes sure that two
-- different acts are never taken for one: they would have to share both.)
numbered as (
    select
        *,
        row_number() over (
            partition by identity_hash, occurred_at, report_id
            order by record_number
        ) as occurrence_number
    from identified
),

-- The same act in several files is one: the newest download keeps it, for its names are the newest. So of an act the
-- largest count that any one file holds is kept.
ranked as (
    select
        *,
        row_number() over copies as copy_number,
        first_value(report_id) over copies as kept_report_id,
        first_value(record_number) over copies as kept_record_number
    from numbered
    window copies as (
        partition by identity_hash, occurred_at, occurrence_number
        order by download_number desc
    )
),

final as (
    select
        identity_hash + occurrence_number - 1 as activity_key,
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
        first_name,
        last_name,
        company,
        email,
        content_name,
        content_slug,
        has_content_columns,
        copy_number > 1 as is_duplicate,
        download_number,
        report_id,
        record_number,
        kept_report_id,
        kept_record_number
    from ranked
)

select * from final
