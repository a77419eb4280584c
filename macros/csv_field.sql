{#- A text as one field of a CSV line: in double quotes, and those inside it doubled. -#}
{% macro csv_field(column) -%}
    '"' || replace({{ column }}, '"', '""') || '"'
{%- endmacro %}
