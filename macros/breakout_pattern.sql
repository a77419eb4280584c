{#- The label of a sub-breakout, 'Breakout from [Session name] #[ID]': group 1 is the parent's name, group 2 the id. -#}
{% macro breakout_pattern() -%}
    {{ return("(?is)^breakout from +([^ ].*?) +\\[?#\\[?([0-9a-z]+)\\]?$") }}
{%- endmacro %}
