{#- Whether a text matches an alias pattern: case is ignored, blanks around are ignored, * stands for any text and \* for an
    asterisk. -#}
{% macro wildcard_match(text, pattern) -%}
    {{ lowered("coalesce(" ~ cleaned(text) ~ ", '')") }} like {{ like_pattern(pattern) }} escape '!'
{%- endmacro %}

{#- An alias pattern as LIKE reads it, with ! before what stands for itself. -#}
{% macro like_pattern(pattern) -%}
    replace(replace(replace(replace(replace(replace(
        {{ lowered("coalesce(" ~ cleaned(pattern) ~ ", '')") }},
        '!', '!!'), '%', '!%'), '_', '!_'), chr(92) || '*', chr(1)), '*', '%'), chr(1), '*'
    )
{%- endmacro %}

{#- A text as an alias pattern that means this text alone. -#}
{% macro as_pattern(text) -%}
    replace({{ text }}, '*', chr(92) || '*')
{%- endmacro %}
