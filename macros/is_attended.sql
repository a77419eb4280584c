{#- Whether a measure of attendance reaches both bounds (var attendance_minimum_seconds, attendance_minimum_ratio);
    var attendance_bound_included says whether exactly a bound does. -#}
{% macro is_attended(measure) -%}
    {%- set reaches = ">=" if var("attendance_bound_included") else ">" -%}
    {{ measure }}_seconds {{ reaches }} {{ var("attendance_minimum_seconds") }}
    {%- if var("attendance_minimum_ratio") > 0 %}
    and coalesce({{ measure }}_ratio {{ reaches }} {{ var("attendance_minimum_ratio") }}, false)
    {%- endif %}
{%- endmacro %}
