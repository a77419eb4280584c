{#- Fails for every value of the key (a list of columns, the grain) that more than one row has, or that is all null. -#}
{% test unique_key(model, columns) %}

select
    {{ columns | join(", ") }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}

{% endtest %}
