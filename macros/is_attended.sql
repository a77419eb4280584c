{% macro is_attended(measure) -%}
    {%- set reaches = ">=" if var("attendance_bound_included") else ">" -%}
    {{ measure }}_seconds {{ reaches }} {{ var("attendance_minimum_seconds") }}
    {%- if var("attendance_minimum_ratio") != 0 %}
    and coalesce({{ measure }}_ratio {{ reaches }} {{ var("attendance_minimum_ratio") }}, false)
    {%- endif %}
{%- endmacro %}
