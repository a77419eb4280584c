{% test is_in_one_family_view(model, views) %}

with activities as (
    select activity_key from {{ model }}
    where 1 = 0
    {%- for view in views %}
    {%- if not execute or load_relation(ref(view)) is not none %}
    union all
    select activity_key from {{ ref(view) }}
    {%- endif %}
    {%- endfor %}
)

select activity_key from activities
group by activity_key
having count(*) > 1 or activity_key is null

{% endtest %}
