{#- Which of some shapes a text has. To clean a label costs more than to look at it: say so where it is cleaned already. -#}
{% macro label_shape(label, is_cleaned=false) -%}
    {%- set text = label if is_cleaned else cleaned(label) -%}
    case
        when {{ text }} is null then 'blank'
        when {{ text }} like '%://%' or {{ text }} like '%www.%' or {{ text }} like '%WWW.%'
            then
                case
                    when {{ is_match(text, "^(?i)(?:https?://|www[.])[^ ]+$") }} then 'url'
                    else 'text'
                end
        when length({{ text }}) <= 16 and {{ is_match(text, "^[+-]?[0-9]*[.,]?[0-9]+$") }} then 'number'
        when length({{ text }}) <= 16 and {{ is_match(text, "^(?i)[0-9]+(?:[.,][0-9]+)?[ _]*(?:%|percent)$") }}
            then 'percent'
        when length({{ text }}) <= 24 and {{ is_match(text, star_shape()) }} then 'stars'
        when {{ text }} like '% %' then 'text'
        when {{ is_match(text, "^/?(?:[a-z0-9]+(?:[_/-][a-z0-9]+)*|[\\p{L}\\p{N}]+(?:_[\\p{L}\\p{N}]+)+)/?$") }}
            then 'slug'
        else 'text'
    end
{%- endmacro %}

{% macro star_shape() -%}
    {{ return("^(?i)(?:[★⭐☆ ]+|[0-9]+(?:[.,][0-9]+)? *(?:[★⭐]|stars?|/ *[0-9]+|out of [0-9]+))$") }}
{%- endmacro %}
