{% macro decimal_number(column, before="", after="", type="decimal(10, 2)") -%}
    {%- set number = "([0-9]*[.]?[0-9]+|[0-9]+,[0-9]{1,2})" -%}
    {%- set text = regex_group(column, "(?i)^" ~ before ~ number ~ after ~ "$") -%}
    {{ try_cast("replace(" ~ text ~ ", ',', '.')", type) }}
{%- endmacro %}
