-- Answers to polls, ratings and other questions: type and question in the category.
-- Grain: one row per answer.

{%- set question_pattern = "(?s)^(.+?) - (.+)$" %}

with activities as (
    {{ family_activities('question_answers') }}
),

-- The type ends at the first ' - ': the name of the question may hold more of them.
parsed as (
    select
        *,
        {{ trimmed(regex_group("category", question_pattern, 1)) }} as question_type,
        {{ trimmed(regex_group("category", question_pattern, 2)) }} as question_name,
        case
            when activity_type = 'rating_answered' then {{ decimal_number("label") }}
        end as rating_value
    from activities
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
