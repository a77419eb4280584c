{% macro values_not_found() -%}
    {%- set flags = {
        'stg_juno__reviews': 'is_star_count_unparsed',
        'stg_juno__credits': 'is_credit_amount_unparsed',
        'stg_juno__question_answers': 'is_rating_value_unparsed or is_question_unparsed',
        'stg_juno__video_events': 'is_progress_unparsed',
    } -%}
    {%- for model, flag in flags.items() %}
    select
        report_id,
        activity_type
    from {{ ref(model) }}
    where {{ flag }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
