{% macro family_activities(activity_family) -%}
    select *
    from {{ ref('base_juno__activities') }}
    where activity_family = '{{ activity_family }}' and not is_duplicate
{%- endmacro %}
