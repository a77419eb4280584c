{% macro label_shape(label) -%}
    {%- set text = cleaned(label) -%}
    case
        when {{ text }} is null then 'blank'
        when {{ label }} like '%://%' or {{ label }} like '%www.%' or {{ label }} like '%WWW.%'
            then
                case
                    when {{ regex_group(text, "^(?i)((?:https?://|www[.])[^ ]+)$") }} is not null then 'url'
                    else 'text'
                end
        when length({{ text }}) <= 16 and {{ regex_group(text, "^([+-]?[0-9]*[.,]?[0-9]+)$") }} is not null then 'number'
        when length({{ text }}) <= 16 and {{ regex_group(text, "^(?i)([0-9]+(?:[.,][0-9]+)?[ _]*(?:%|percent))$") }} is not null
            then 'percent'
        when length({{ text }}) <= 24 and {{ regex_group(text, star_shape()) }} is not null then 'stars'
        when {{ text }} like '% %' then 'text'
        when {{ regex_group(text, "^/?([a-z0-9]+(?:[_/-][a-z0-9]+)*|[\\p{L}\\p{N}]+(?:_[\\p{L}\\p{N}]+)+)/?$") }} is not null
            then 'slug'
        else 'text'
    end
{%- endmacro %}

{% macro star_shape() -%}
    {{ return("^(?i)([★⭐☆ ]+|[0-9]+(?:[.,][0-9]+)? *(?:[★⭐]|stars?|/ *[0-9]+|out of [0-9]+))$") }}
{%- endmacro %}
