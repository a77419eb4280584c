{#- A program that leads on to an address writes its codes again, each with %25 in place of its %. -#}
{% macro percent() -%}
    {{ return("%(?:25)*") }}
{%- endmacro %}

{#- An @ in each way to write it, or what looks like a phone number: an underscore is the blank of a slug. -#}
{% macro personal_mark() -%}
    {%- set gap = "(?:[ ()._+-]|" ~ percent() ~ "20|" ~ percent() ~ "2b)*" -%}
    {{ return(
        "(?i)[@＠]|" ~ percent() ~ "40|&#(?:0*64|x0*40);|&commat;|[(\\[]at[)\\]]|\\p{Nd}(?:" ~ gap ~ "\\p{Nd}){6}"
    ) }}
{%- endmacro %}

{#- The entries of a setting, each in small letters, and with a code for a dot too. Without any, no text may have one. -#}
{% macro any_of_setting(name) -%}
    {%- set entries = var(name) | map("trim") | map("lower") | join("|") | replace("+", "[+]") -%}
    {%- set entries = entries | replace(".", "(?:[.]|" ~ percent() ~ "2e)") -%}
    {{ return("(?:" ~ (entries or "[^\\s\\S]") ~ ")") }}
{%- endmacro %}

{% macro personal_hosts() -%}
    {{ return(any_of_setting("personal_page_hosts")) }}
{%- endmacro %}

{#- The address of a personal page inside another text, such as a slug that is none or a path that leads on. -#}
{% macro personal_address() -%}
    {%- set code = percent() ~ "[0-9a-f]{2}" -%}
    {{ return(
        "(?is)(?:^|" ~ code ~ "|[^a-z0-9-])" ~ personal_hosts() ~ "[.]?(?::[0-9]*)?(?:[/?#\\\\]|" ~ code ~ ")."
    ) }}
{%- endmacro %}

{#- Whether a text in the place of a slug may lead to a person. -#}
{% macro is_personal_slug(column) -%}
    {%- set calls = "(?i)^" ~ any_of_setting("schemes_without_host") ~ ":" -%}
    coalesce(
        {{ column }} like '%?%=%'
        or {{ is_match(column, personal_mark()) }}
        or {{ is_match(column, calls) }}
        or {{ is_match(column, personal_address()) }}
        or {{ opens_a_program(lowered(regex_group(column, scheme_of_host()))) }},
        false
    )
{%- endmacro %}

{% macro scheme_of_host() -%}
    {{ return("(?i)^([a-z][a-z0-9+.-]*)://") }}
{%- endmacro %}

{#- Whether a scheme that has a place for a host is none of those whose addresses are shown. -#}
{% macro opens_a_program(scheme) -%}
    {{ scheme }} not in ('{{ var("schemes_with_host") | map("trim") | map("lower") | join("', '") }}')
{%- endmacro %}
