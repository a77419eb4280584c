{% test nothing_unrecognised(model) %}

{{ config(severity="warn") }}

select * from {{ model }}

{% endtest %}
