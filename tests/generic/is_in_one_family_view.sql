{% test is_in_one_family_view(model, views) %}

{#- (The number and the sum of the keys, which are hashes: to group them takes another half of the time. In a selection
     some views may not be built yet.) -#}
{%- set built = [] %}
{%- for view in views if not execute or load_relation(ref(view)) is not none %}
{%- do built.append(view) %}
{%- endfor %}
{%- if built | length == views | length %}
with in_views as (
    {%- for view in views %}
    select activity_key from {{ ref(view) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    count(*) as activity_count,
    sum(cast(activity_key as decimal(20, 0))) as key_sum
from in_views
except
select
    count(*) as activity_count,
    sum(cast(activity_key as decimal(20, 0))) as key_sum
from {{ model }}
{%- else %}
select * from {{ model }}
where 1 = 0
{%- endif %}

{% endtest %}
