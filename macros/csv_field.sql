{% macro csv_field(column) -%}
    '"' || replace({{ column }}, '"', '""') || '"'
{%- endmacro %}
