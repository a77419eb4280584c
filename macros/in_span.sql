{% macro in_span(moment, span_start, span_end) -%}
    ({{ span_start }} is null or {{ moment }} >= {{ span_start }})
    and ({{ span_end }} is null or {{ moment }} < {{ span_end }})
{%- endmacro %}
