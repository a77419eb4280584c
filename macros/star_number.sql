{% macro star_number(column) -%}
    {%- set before = "(?:session[ _]*)?(?:review|rating|rated|stars?)?(?:ed)?[ _:=–—-]*" -%}
    {%- set after = "(?:[.,]00?)?(?: *(?:/|out of) *[0-9]+|[ _]*stars?| *[★⭐])?" -%}
    coalesce(
        {{ try_cast(regex_group(column, "(?i)^ *" ~ before ~ "([0-9]+)" ~ after ~ " *$"), "integer") }},
        nullif(length({{ regex_group(column, "(?i)^ *" ~ before ~ "([★⭐]+)☆* *$") }}), 0)
    )
{%- endmacro %}
