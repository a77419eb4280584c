-- Results of each question: who gave which answer, and what share of the answers that count it has.
-- Grain: one row per question and answer, of a rating per value; a free-text question has one row in all.
-- The rules, and what they cannot know: answers_and_progress_rules.md in the folder above.

with answers as (
    select * from {{ ref('fct_question_answers') }}
),

-- In a rating, 4 and 4.0 are one answer.
options as (
    select
        {{ hash_key([
            "question_key",
            "is_free_text",
            "rating_value",
            "case when rating_value is null then answer_text end",
        ]) }} as question_result_key,
        question_key,
        content_key,
        site_id,
        content_id,
        question_type,
        question_name,
        is_free_text,
        rating_value,
        min(answer_text) as answer_text,
        count(distinct case when is_counted then user_key end) as respondent_count,
        count(*) filter (where is_counted) as counted_answer_count,
        count(*) as answer_count,
        count(*) filter (where is_changed) as changed_answer_count
    from answers
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
),

-- One answer of each person counts, so the respondents of the options add up to those of the question.
totals as (
    select
        question_key,
        sum(respondent_count) as question_respondent_count,
        sum(counted_answer_count) as question_counted_answer_count,
        sum(answer_count) as question_answer_count,
        sum(changed_answer_count) as changed_answer_count,
        cast(sum(rating_value * counted_answer_count) as double)
        / nullif(sum(case when rating_value is not null then counted_answer_count end), 0) as mean_rating
    from options
    group by 1
),

final as (
    select
        options.question_result_key,
        options.question_key,
        options.content_key,
        options.site_id,
        options.content_id,
        options.question_type,
        options.question_name,
        options.is_free_text,
        options.answer_text,
        options.rating_value,
        options.respondent_count,
        options.counted_answer_count,
        options.answer_count,
        case
            when not options.is_free_text
                then cast(options.counted_answer_count as double) / nullif(totals.question_counted_answer_count, 0)
        end as answer_ratio,
        cast(totals.question_respondent_count as bigint) as question_respondent_count,
        cast(totals.question_counted_answer_count as bigint) as question_counted_answer_count,
        cast(totals.question_answer_count as bigint) as question_answer_count,
        cast(totals.changed_answer_count as bigint) as changed_answer_count,
        totals.mean_rating
    from options
    inner join totals on options.question_key = totals.question_key
)

select * from final
