{% test have_their_grains(model, grains) %}

{#- (In a selection some models may not be built yet.) -#}
select '{{ model }}' as model_name
where 1 = 0
{%- for name, grain in grains.items() %}
{%- if not execute or load_relation(ref(name)) is not none %}
union all
select '{{ name }}' as model_name
from {{ ref(name) }}
group by {{ grain | join(", ") }}
having count(*) > 1{% for column in grain %} or {{ column }} is null{% endfor %}
{%- endif %}
{%- endfor %}

{% endtest %}
