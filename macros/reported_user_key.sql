{#- Who a record of a unique users report is about: an id, or without one an e-mail, in whatever case. -#}
{% macro reported_user_key(site_id, user_id, email) -%}
    {{ site_id }} || coalesce(':id:' || {{ cleaned(user_id) }}, ':email:' || {{ lowered(cleaned(email)) }})
{%- endmacro %}
