-- How each report differs from the site's earlier ones of its kind: what changed this week.
-- Grain: one row per landed report, of activities or of unique users.

{%- set pairs_shown = 20 %}

with activity_reports as (
    select * from {{ source('raw', 'reports') }}
),

user_reports as (
    select * from {{ source('raw', 'user_reports') }}
),

rejected_records as (
    select * from {{ source('raw', 'rejected_records') }}
),

downloads as (
    select * from {{ ref('base_juno__reports') }}
),

report_pairs as (
    select * from {{ ref('base_juno__report_pairs') }}
),

patterns as (
    select * from {{ ref('base_juno__activity_patterns') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

reports as (
    select
        activity_reports.report_id,
        activity_reports.site_id,
        'activities' as report_kind,
        cast(downloads.download_number as bigint) as report_number,
        activity_reports.file_name,
        activity_reports.file_format,
        activity_reports.encoding,
        activity_reports.delimiter,
        activity_reports.date_format,
        activity_reports.time_zone,
        activity_reports.known_columns,
        activity_reports.missing_columns,
        activity_reports.extra_columns,
        activity_reports.renamed_columns,
        activity_reports.first_occurred_at,
        activity_reports.last_occurred_at,
        activity_reports.loaded_at,
        activity_reports.record_count,
        activity_reports.landed_count,
        activity_reports.rejected_count,
        activity_reports.nonexistent_hour_count,
        activity_reports.doubled_hour_count
    from activity_reports
    inner join downloads on activity_reports.report_id = downloads.report_id
    union all
    -- The order is that of int_reported_users, which takes the newer of two.
    select
        report_id,
        site_id,
        'users' as report_kind,
        cast(row_number() over (
            partition by site_id
            order by coalesce(report_date, cast(loaded_at as date)), loaded_at, report_id
        ) as bigint) as report_number,
        file_name,
        file_format,
        encoding,
        delimiter,
        null as date_format,
        time_zone,
        known_columns,
        missing_columns,
        extra_columns,
        renamed_columns,
        null as first_occurred_at,
        null as last_occurred_at,
        loaded_at,
        record_count,
        landed_count,
        rejected_count,
        null as nonexistent_hour_count,
        null as doubled_hour_count
    from user_reports
),

alias_patterns as (
    select
        site_id,
        coalesce({{ cleaned('category') }}, '') as category,
        coalesce({{ cleaned('action') }}, '') as action,
        activity_type,
        min(alias_pattern) as alias_pattern
    from patterns
    group by 1, 2, 3, 4
),

-- Where people's own words may stand, and where a site has said what they mean, the pattern of the alias stands for
-- them: the words are private, and every new question would be a new category.
named_pairs as (
    select
        report_pairs.site_id,
        downloads.download_number,
        report_pairs.activity_type,
        coalesce(
            case
                when
                    report_pairs.alias_evidence = 'site'
                    or activity_types.dynamic_column like '%category%'
                    or activity_types.dynamic_column like '%action%'
                    or activity_types.is_label_free_text
                    or activity_types.is_label_personal
                    then alias_patterns.alias_pattern
            end,
            report_pairs.category || ' / ' || report_pairs.action
        ) as category_action
    from report_pairs
    inner join downloads on report_pairs.report_id = downloads.report_id
    inner join activity_types on report_pairs.activity_type = activity_types.activity_type
    left join alias_patterns
        on
            report_pairs.site_id = alias_patterns.site_id
            and report_pairs.category = alias_patterns.category
            and report_pairs.action = alias_patterns.action
            and report_pairs.activity_type = alias_patterns.activity_type
),

first_types as (
    select
        site_id,
        activity_type,
        min(download_number) as download_number
    from named_pairs
    where activity_type <> 'unrecognised'
    group by 1, 2
),

new_types as (
    select
        site_id,
        download_number,
        count(*) as type_count,
        {{ dbt.listagg("activity_type", "', '", "order by activity_type") }} as activity_types
    from first_types
    group by 1, 2
),

first_pairs as (
    select
        site_id,
        category_action,
        min(download_number) as download_number
    from named_pairs
    group by 1, 2
),

ranked_pairs as (
    select
        *,
        row_number() over (partition by site_id, download_number order by category_action) as pair_number
    from first_pairs
),

new_pairs as (
    select
        site_id,
        download_number,
        count(*) as pair_count,
        {{ dbt.listagg(
            "case when pair_number <= " ~ pairs_shown ~ " then category_action end", "', '", "order by pair_number"
        ) }} as category_actions
    from ranked_pairs
    group by 1, 2
),

-- These records landed before.
taken_out as (
    select
        report_id,
        count(*) as taken_out_count
    from rejected_records
    where kind in ('forgotten', 'names_forgotten', 'expired')
    group by 1
),

unrecognised as (
    select
        report_id,
        cast(sum(record_count) as bigint) as unrecognised_count
    from report_pairs
    where activity_type = 'unrecognised'
    group by 1
),

counted as (
    select
        reports.*,
        case
            when reports.known_columns is not null
                then {{ dbt.array_concat('reports.known_columns', 'reports.extra_columns') }}
        end as all_columns,
        case
            when reports.report_kind = 'activities' then coalesce(unrecognised.unrecognised_count, 0)
        end as unrecognised_count,
        cast(reports.rejected_count - coalesce(taken_out.taken_out_count, 0) as double)
        / nullif(reports.record_count - coalesce(taken_out.taken_out_count, 0), 0) as rejected_ratio,
        case
            when reports.report_kind = 'activities'
                then cast(coalesce(unrecognised.unrecognised_count, 0) as double) / nullif(reports.landed_count, 0)
        end as unrecognised_ratio
    from reports
    left join unrecognised on reports.report_id = unrecognised.report_id
    left join taken_out on reports.report_id = taken_out.report_id
),

{%- set formats = ['file_format', 'encoding', 'delimiter', 'date_format', 'time_zone'] %}

with_previous as (
    select
        *,
        lead(report_id) over earlier is null as is_newest,
        lag(report_id) over earlier as previous_report_id,
        lag(file_format) over earlier as previous_file_format,
        lag(encoding) over earlier as previous_encoding,
        lag(delimiter) over earlier as previous_delimiter,
        lag(date_format) over earlier as previous_date_format,
        lag(time_zone) over earlier as previous_time_zone,
        lag(all_columns) over earlier as previous_columns,
        lag(rejected_ratio) over earlier as previous_rejected_ratio,
        lag(unrecognised_ratio) over earlier as previous_unrecognised_ratio,
        -- Where downloads of two kinds take turns, only the first of each is another format than before.
        {%- for name in formats %}
        row_number() over (partition by site_id, report_kind, {{ name }} order by report_number)
        = 1 as is_first_{{ name }},
        {%- endfor %}
        lag(nonexistent_hour_count) over earlier as previous_nonexistent_hour_count
    from counted
    window earlier as (partition by site_id, report_kind order by report_number)
),

compared as (
    select
        with_previous.*,
        {{ list_text(list_without('with_previous.all_columns', 'with_previous.previous_columns')) }}
            as appeared_columns,
        {{ list_text(list_without('with_previous.previous_columns', 'with_previous.all_columns')) }}
            as vanished_columns,
        ''
        {%- for name in formats %}
        || case
            when with_previous.is_first_{{ name }} and with_previous.{{ name }} <> with_previous.previous_{{ name }}
                then
                    ', {{ name | replace("_", " ") }} ' || replace(with_previous.{{ name }}, chr(9), 'tab')
                    || ' instead of ' || replace(with_previous.previous_{{ name }}, chr(9), 'tab')
            else ''
        end
        {%- endfor %} as changed_formats,
        with_previous.rejected_ratio - with_previous.previous_rejected_ratio as rejected_ratio_change,
        with_previous.unrecognised_ratio - with_previous.previous_unrecognised_ratio as unrecognised_ratio_change,
        new_types.activity_types as new_activity_types,
        new_pairs.category_actions as new_category_actions,
        case
            when with_previous.report_kind = 'activities' then coalesce(new_types.type_count, 0)
        end as new_activity_type_count,
        case
            when with_previous.report_kind = 'activities' then coalesce(new_pairs.pair_count, 0)
        end as new_category_action_count
    from with_previous
    -- To the first report of a site everything would be new.
    left join new_types
        on
            with_previous.report_kind = 'activities'
            and with_previous.previous_report_id is not null
            and with_previous.site_id = new_types.site_id
            and with_previous.report_number = new_types.download_number
    left join new_pairs
        on
            with_previous.report_kind = 'activities'
            and with_previous.previous_report_id is not null
            and with_previous.site_id = new_pairs.site_id
            and with_previous.report_number = new_pairs.download_number
),

{{- require_new_setting('drift_ratio_change', 'minimum_ratio_rise') -}}{#- the older name of the setting -#}
{%- set reasons = {
    'columns': 'appeared_columns is not null or vanished_columns is not null',
    'format': "changed_formats <> ''",
    'rejected records': 'rejected_ratio_change > ' ~ var('minimum_ratio_rise'),
    'unrecognised records': 'unrecognised_ratio_change > ' ~ var('minimum_ratio_rise'),
    'skipped hours': 'nonexistent_hour_count > previous_nonexistent_hour_count',
    'activity types': 'new_activity_type_count > 0',
    'categories and actions': 'new_category_action_count > 0',
} %}

judged as (
    select
        *,
        ''
        {%- for reason, condition in reasons.items() %}
        || case when {{ condition }} then ', {{ reason }}' else '' end
        {%- endfor %} as reasons
    from compared
),

final as (
    select
        report_id,
        site_id,
        report_kind,
        report_number,
        is_newest,
        previous_report_id,
        file_name,
        file_format,
        encoding,
        delimiter,
        date_format,
        time_zone,
        {{ list_text('known_columns') }} as known_columns,
        {{ list_text('missing_columns') }} as missing_columns,
        {{ list_text('extra_columns') }} as extra_columns,
        {{ list_text('renamed_columns') }} as renamed_columns,
        appeared_columns,
        vanished_columns,
        changed_formats <> '' as is_format_changed,
        nullif(substr(changed_formats, 3), '') as format_changes,
        new_activity_types,
        new_category_actions,
        reasons <> '' as has_changed,
        nullif(substr(reasons, 3), '') as change_reasons,
        first_occurred_at,
        last_occurred_at,
        loaded_at,
        record_count,
        landed_count,
        rejected_count,
        rejected_ratio,
        rejected_ratio_change,
        unrecognised_count,
        unrecognised_ratio,
        unrecognised_ratio_change,
        nonexistent_hour_count,
        doubled_hour_count,
        new_activity_type_count,
        new_category_action_count
    from judged
)

select * from final
