{#- A number of stars in a text: 4, 4 stars, 4/5, ★★★★, Review - 4, review: 4, Rating 4 or session_review_4; null where it is
    none, or no whole number. -#}
{% macro star_number(column) -%}
    {%- set before = "(?:session[ _]*)?(?:review|rating|rated|stars?)?(?:ed)?[ _:=–—-]*" -%}
    {%- set after = "(?:[.,]00?)?(?: *(?:/|out of) *[0-9]+|[ _]*stars?| *[★⭐])?" -%}
    coalesce(
        {{ try_cast(regex_group(column, "(?i)^ *" ~ before ~ "([0-9]+)" ~ after ~ " *$"), "integer") }},
        nullif(length({{ regex_group(column, "(?i)^ *" ~ before ~ "([★⭐]+)☆* *$") }}), 0)
    )
{%- endmacro %}
