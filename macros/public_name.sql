{#- The name of a private meeting holds a person's, and only the schema restricted has it. -#}
{% macro public_name(kind, name) -%}
    case when {{ kind }} = 'private_meeting' then 'Private meeting' else {{ name }} end
{%- endmacro %}
