{% test sums_match(model, expression, to, to_expression) %}

with totals as (
    select
        coalesce((select {{ expression }} from {{ model }}), 0) as total,
        coalesce((select {{ to_expression }} from {{ to }}), 0) as expected_total
)

select * from totals
where total <> expected_total

{% endtest %}
