{#- The model has base_juno__word_meanings as word_meanings. -#}
{% macro is_no_word(stem, kind) -%}
    {{ stem }} not in (select word_meanings.stem from word_meanings where word_meanings.kind = '{{ kind }}')
{%- endmacro %}
