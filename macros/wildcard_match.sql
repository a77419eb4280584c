{% macro wildcard_match(text, pattern) -%}
    {{ lowered("coalesce(" ~ cleaned(text) ~ ", '')") }} like
    replace(replace(replace(replace(
        {{ lowered("coalesce(" ~ cleaned(pattern) ~ ", '')") }}, '!', '!!'), '%', '!%'), '_', '!_'), '*', '%'
    ) escape '!'
{%- endmacro %}
