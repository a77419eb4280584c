{#- The number in a text that holds nothing else but what the patterns before and after it allow; null
    where it does not. A comma is read as the decimal sign, but not before three digits: nobody can tell
    whether 1,500 is one and a half or fifteen hundred. -#}
{% macro decimal_number(column, before="", after="", type="decimal(10, 2)") -%}
    {%- set number = "([0-9]*[.]?[0-9]+|[0-9]+,[0-9]{1,2})" -%}
    {%- set text = regex_group(column, "(?i)^" ~ before ~ number ~ after ~ "$") -%}
    {{ try_cast("replace(" ~ text ~ ", ',', '.')", type) }}
{%- endmacro %}
