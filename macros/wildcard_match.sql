{#- Whether a text matches an alias pattern: case is ignored, blanks around are ignored, and * stands for any text. -#}
{% macro wildcard_match(text, pattern) -%}
    {{ lowered("coalesce(" ~ cleaned(text) ~ ", '')") }} like
    replace(replace(replace(replace(
        {{ lowered("coalesce(" ~ cleaned(pattern) ~ ", '')") }}, '!', '!!'), '%', '!%'), '_', '!_'), '*', '%'
    ) escape '!'
{%- endmacro %}
