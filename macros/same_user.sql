{% macro merged_user_id(user_id) -%}
    coalesce(same_users.same_as_user_id, {{ user_id }})
{%- endmacro %}

{% macro join_same_users(site_id, user_id) -%}
    left join {{ ref('same_user') }} as same_users
        on {{ site_id }} = same_users.site_id and {{ user_id }} = same_users.user_id
{%- endmacro %}
