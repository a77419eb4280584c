{% test have_their_grains(model, grains) %}

{#- (In a selection some models may not be built yet.) -#}
select '{{ model }}' as model_name
where 1 = 0
{%- for name, grain in grains.items() %}
{%- if not execute or load_relation(ref(name)) is not none %}
union all
select '{{ name }}' as model_name
from {{ ref(name) }}
{%- set number = grain[-1]["number"] if grain[-1] is mapping else none %}
{%- if number is none or target.type != "duckdb" %}
{#- (On Spark the id of an event is a text.) #}
{%- set columns = grain if number is none else grain[:-1] + [number] %}
group by {{ columns | join(", ") }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{%- else %}
{#- Of many numbers that follow one another 32 are one group, with a bit for each. #}
group by {% for column in grain[:-1] %}{{ column }}, {% endfor %}{{ number }} - {{ number }} % 32
having
    count(*) > coalesce(bit_count(bit_or(cast(power(2, {{ number }} % 32) as bigint))), 0)
    {%- for column in grain[:-1] %} or {{ column }} is null{% endfor %}
{%- endif %}
{%- endif %}
{%- endfor %}

{% endtest %}
