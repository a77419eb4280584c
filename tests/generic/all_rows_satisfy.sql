{#-
Fails for every row that breaks one of the named expectations (SQL conditions; unknown counts as broken) and names the
first that it breaks. One scan of the model however many expectations there are: a test costs as much as a model.
-#}
{% test all_rows_satisfy(model, expectations) %}

with checked as (
    select
        case
        {%- for name, condition in expectations.items() %}
            when not coalesce({{ condition }}, false) then '{{ name }}'
        {%- endfor %}
        end as broken_expectation,
        *
    from {{ model }}
)

select * from checked
where broken_expectation is not null

{% endtest %}
