{% test names_somebody(model) %}

{{ config(severity="warn") }}

with named_users as (
    {{ named_users() }}
)

select * from named_users
where user_key is null and site_id in (select site_id from {{ ref('base_juno__reports') }})

{% endtest %}
