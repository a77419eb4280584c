{#- A page may have the id `100:2` or `100#81`, and then be taken for the second session of page 100, or a room of it. -#}
{% macro id_in_key(id) -%}
    replace(replace(replace({{ id }}, '%', '%25'), ':', '%3A'), '#', '%23')
{%- endmacro %}
