{#- Warns of every row of teams, staff and user_tags that names nobody although its site was landed: a typing error, or
    somebody whom no report tells yet. -#}
{% test names_somebody(model) %}

{{ config(severity="warn") }}

with named_users as (
    {{ named_users() }}
)

select * from named_users
where user_key is null and site_id in (select site_id from {{ ref('base_juno__reports') }})

{% endtest %}
