-- Answers to polls, ratings and other questions: which one counts, and which changed the one before.
-- Grain: one row per answer.
-- The rules, and what they cannot know: answers_and_progress_rules.md in the folder above.

{%- set counted_number = {"first": "1", "last": "user_answer_count"}[var("counted_answer")] %}

with answers as (
    {{ with_session_key(ref('stg_juno__question_answers')) }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

-- A question is known by its words alone; where the category cannot be read, all of it stands for them.
typed as (
    select
        answers.*,
        {{ hash_key([
            "answers.site_id",
            "answers.content_id",
            "answers.question_type",
            "coalesce(answers.question_name, answers.category)",
        ]) }} as question_key,
        activity_types.is_label_free_text as is_free_text,
        coalesce(cast(answers.rating_value as {{ dbt.type_string() }}), answers.answer_text) as answer
    from answers
    inner join activity_types on answers.activity_type = activity_types.activity_type
),

-- The log has no order within one second, so the key settles it.
numbered as (
    select
        *,
        cast(row_number() over user_answers as bigint) as user_answer_number,
        count(*) over (partition by question_key, user_id) as user_answer_count,
        lag(answer) over user_answers as previous_answer
    from typed
    window user_answers as (
        partition by question_key, user_id
        order by occurred_at, activity_key
    )
),

final as (
    select
        activity_key,
        question_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        session_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        question_type,
        coalesce(question_name, category) as question_name,
        is_question_unparsed,
        is_free_text,
        case when not is_free_text then answer_text end as answer_text,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        rating_value,
        is_rating_value_unparsed,
        case when user_id is not null then user_answer_number end as answer_number,
        case when user_id is not null then user_answer_number = 1 end as is_first_answer,
        user_id is null or user_answer_number = {{ counted_number }} as is_counted,
        case
            when user_id is not null then user_answer_number > 1 and (answer is distinct from previous_answer)
        end as is_changed,
        case
            when user_id is not null then user_answer_number > 1 and (answer is not distinct from previous_answer)
        end as is_repeated,
        report_id,
        record_number
    from numbered
)

select * from final
