{% macro label_state(label_shape) -%}
    case when {{ label_shape }} = 'blank' then 'blank' else 'present' end
{%- endmacro %}
