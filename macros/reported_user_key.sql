{% macro reported_user_key(site_id, user_id, email) -%}
    {{ site_id }} || coalesce(':id:' || {{ cleaned_id(user_id) }}, ':email:' || {{ lowered(cleaned_field(email)) }})
{%- endmacro %}
