-- How many activities were recognised but lack the value that such a record should hold: stars, credits, an answer in
-- numbers, the name of a question, how far a video was watched.
-- Grain: one row per report and activity type with such an activity.

{%- set flags = {
    'stg_juno__reviews': 'is_star_count_unparsed',
    'stg_juno__credits': 'is_credit_amount_unparsed',
    'stg_juno__question_answers': 'is_rating_value_unparsed or is_question_unparsed',
    'stg_juno__video_events': 'is_progress_unparsed',
} %}

with valueless as (
    {%- for model, flag in flags.items() %}
    select
        report_id,
        activity_type,
        record_number
    from {{ ref(model) }}
    where {{ flag }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        report_id,
        activity_type,
        count(*) as activity_count,
        min(record_number) as first_record_number
    from valueless
    group by 1, 2
)

select * from final
