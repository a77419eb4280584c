{#- Whether a label is blank or present, as the aliases of the dictionary ask for it, by its shape. -#}
{% macro label_state(label_shape) -%}
    case when {{ label_shape }} = 'blank' then 'blank' else 'present' end
{%- endmacro %}
