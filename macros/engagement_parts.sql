{#- The parts of the engagement score, for the models that have columns for each. A test of the seed keeps them equal. -#}
{% macro engagement_parts() -%}
    {{ return(["attendance", "conversation", "feedback", "reaction", "browsing", "learning", "networking"]) }}
{%- endmacro %}

{#- The parts that count acts; attendance counts minutes. -#}
{% macro engagement_act_parts() -%}
    {{ return(engagement_parts() | reject("equalto", "attendance") | list) }}
{%- endmacro %}
