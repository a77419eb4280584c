{#- Of another maximum, such as 4/10 where 5 is the most, it is none. A minus before the number is a sign where nothing or
    another sign stands before it: Review -4 is 4. -#}
{% macro star_number(column, maximum=none) -%}
    {%- set sign = "[ _]*(?:[:=]|[–—]|-+)?[ _]*" -%}
    {%- set word = "(?:session[ _]*)?(?:review|rating|rated|stars?)(?:ed)?" -%}
    {%- set start = "(?i)^ *(?:" ~ word ~ sign ~ "|[–—-]* )?" -%}
    {%- set whole = "[0-9]+" if maximum is none else maximum -%}
    {%- set end = "(?:[.,]00?)?(?: *(?:/|out of) *" ~ whole ~ "|[ _]*stars?| *[★⭐])? *$" -%}
    {%- set symbols = regex_group(column, start ~ "([★⭐]+)☆* *$") -%}
    {%- set all_symbols = regex_group(column, start ~ "([★⭐]+☆*) *$") -%}
    coalesce(
        {{ try_cast(regex_group(column, start ~ "([0-9]+)" ~ end), "integer") }},
        {% if maximum is none -%}
            nullif(length({{ symbols }}), 0)
        {%- else -%}
            case
                when {{ symbols }} = {{ all_symbols }} or length({{ all_symbols }}) = {{ maximum }}
                    then length({{ symbols }})
            end
        {%- endif %}
    )
{%- endmacro %}
