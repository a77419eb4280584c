{% macro label_state(label) -%}
    case when {{ cleaned(label) }} is null then 'blank' else 'present' end
{%- endmacro %}
