{% macro engagement_parts() -%}
    {{ return(["attendance", "conversation", "feedback", "reaction", "browsing", "learning", "networking"]) }}
{%- endmacro %}

{% macro engagement_activity_parts() -%}
    {{ return(engagement_parts() | reject("equalto", "attendance") | list) }}
{%- endmacro %}
