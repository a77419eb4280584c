{% test spans_do_not_overlap(model, columns) %}

with spans as (
    select
        *,
        row_number() over spans_of_one as span_number,
        lag(valid_until) over spans_of_one as previous_until
    from {{ model }}
    window spans_of_one as (partition by {{ columns | join(", ") }} order by valid_from nulls first, valid_until)
)

select * from spans
where span_number > 1 and (valid_from is null or previous_until is null or valid_from < previous_until)

{% endtest %}
