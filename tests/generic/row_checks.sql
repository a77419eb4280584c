{% test row_checks(model, grain=[], expectations={}) %}

{%- if grain %}
select
    'grain' as broken_expectation,
    {{ grain | join(", ") }}
from {{ model }}
group by {{ grain | join(", ") }}
having count(*) > 1{% for column in grain %} or {{ column }} is null{% endfor %}
{%- endif %}
{%- if grain and expectations %}
union all
{%- endif %}
{%- if expectations %}
select
    broken_expectation,
    {{ grain | join(", ") or "*" }}
from (
    select
        case
        {%- for name, condition in expectations.items() %}
            when not coalesce({{ condition }}, false) then '{{ name }}'
        {%- endfor %}
        end as broken_expectation,
        *
    from {{ model }}
) as checked
where broken_expectation is not null
{%- endif %}

{% endtest %}
