{#- Whether a label is blank or present, as the aliases of the dictionary ask for it. -#}
{% macro label_state(label) -%}
    case when {{ cleaned(label) }} is null then 'blank' else 'present' end
{%- endmacro %}
