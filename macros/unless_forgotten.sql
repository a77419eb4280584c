{% macro unless_forgotten(column) -%}
    case when {{ column }} not like '%[forgotten]%' then {{ column }} end
{%- endmacro %}
