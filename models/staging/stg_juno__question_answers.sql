-- Answers to polls, ratings and other questions: type and question in the category.
-- Grain: one row per answer.

{%- set question_pattern = "(?s)^(.+?) - (.+)$" %}
{%- set other_pattern = "(?is)^(poll|rating)(?: *: +| *[–—] *|_[-–—]_|_)(.+)$" %}
{%- set parsed_columns = [
    ("category", question_pattern), ("category", other_pattern), ("action", question_pattern), ("action", other_pattern)
] %}

with activities as (
    {{ family_activities('question_answers') }}
),

-- The type ends at the first ' - ': the name of the question may hold more of them. Only what was recognised by its
-- words in another form has other signs there, or has it in the action. Few questions have many answers, so each
-- question is parsed once.
questions as (
    select
        category,
        action,
        coalesce(
            {%- for column, pattern in parsed_columns %}
            {{ trimmed(regex_group(column, pattern, 1)) }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ) as question_type,
        coalesce(
            {%- for column, pattern in parsed_columns %}
            {{ trimmed(regex_group(column, pattern, 2)) }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ) as question_name
    from activities
    group by 1, 2
),

parsed as (
    select
        activities.*,
        questions.question_type,
        questions.question_name,
        case
            when activities.activity_type = 'rating_answered'
                then coalesce(
                    {{ decimal_number("activities.label") }},
                    cast({{ star_number("activities.label") }} as decimal(10, 2))
                )
        end as rating_value
    from activities
    inner join questions
        on
            activities.category is not distinct from questions.category
            and activities.action is not distinct from questions.action
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        question_type,
        question_name,
        label as answer_text,
        case activity_type when 'answered_right' then true when 'answered_wrong' then false end as is_right,
        rating_value,
        activity_type = 'rating_answered' and rating_value is null as is_rating_value_unparsed,
        question_name is null as is_question_unparsed,
        category,
        report_id,
        record_number
    from parsed
)

select * from final
