-- The activities of users by the guide, with how well each is known and how many records rest on each evidence.
-- Grain: one row per activity type.

{%- set evidence_levels = ['documented', 'heading', 'inferred', 'normalised', 'site'] %}

with activity_types as (
    select * from {{ ref('activity_types') }}
),

activities as (
    select * from {{ ref('fct_activities') }}
),

values_not_found as (
    select * from {{ ref('int_values_not_found') }}
),

counted as (
    select
        activity_type,
        count(*) as activity_count,
        {%- for level in evidence_levels %}
        count(*) filter (where alias_evidence = '{{ level }}') as {{ level }}_count
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from activities
    group by 1
),

valueless as (
    select
        activity_type,
        cast(sum(activity_count) as bigint) as valueless_count
    from values_not_found
    group by 1
),

final as (
    select
        activity_types.activity_type,
        activity_types.activity_family,
        activity_types.activity_name,
        activity_types.meaning,
        activity_types.evidence,
        activity_types.dynamic_column,
        activity_types.is_label_personal,
        activity_types.is_label_free_text,
        activity_types.is_presence_evidence,
        activity_types.point_rule_key,
        coalesce(counted.activity_count, 0) as activity_count,
        {%- for level in evidence_levels %}
        coalesce(counted.{{ level }}_count, 0) as {{ level }}_count,
        {%- endfor %}
        coalesce(valueless.valueless_count, 0) as valueless_count
    from activity_types
    left join counted on activity_types.activity_type = counted.activity_type
    left join valueless on activity_types.activity_type = valueless.activity_type
)

select * from final
