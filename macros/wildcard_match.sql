{% macro wildcard_match(text, pattern) -%}
    {{ lowered("coalesce(" ~ cleaned(text) ~ ", '')") }} like {{ like_pattern(pattern) }} escape '!'
{%- endmacro %}

{% macro like_pattern(pattern) -%}
    replace(replace(replace(replace(replace(replace(
        {{ lowered("coalesce(" ~ cleaned(pattern) ~ ", '')") }},
        '!', '!!'), '%', '!%'), '_', '!_'), chr(92) || '*', chr(1)), '*', '%'), chr(1), '*'
    )
{%- endmacro %}

{% macro as_pattern(text) -%}
    replace({{ text }}, '*', chr(92) || '*')
{%- endmacro %}
