{#- Whether a text matches an alias pattern: case is ignored, blanks around are ignored, and * stands for any text. -#}
{% macro wildcard_match(text, pattern) -%}
    lower(trim({{ text }})) like
    replace(replace(replace(replace(lower(trim(coalesce({{ pattern }}, ''))), '\', '\\'), '%', '\%'), '_', '\_'), '*', '%')
    escape '\'
{%- endmacro %}
