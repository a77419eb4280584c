{% macro breakout_pattern() -%}
    {{ return("(?is)^breakout from +([^ ].*?) +\\[?#\\[?([0-9a-z]+)\\]?$") }}
{%- endmacro %}
