{#- Warns of every category and action that no alias knows: unusual, and for the owner of the reports to name. -#}
{% test nothing_unrecognised(model) %}

{{ config(severity="warn") }}

select * from {{ model }}

{% endtest %}
