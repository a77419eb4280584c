-- What each person answered in polls, ratings and other questions, the newest first; a long text is shortened.
with shown as (
    select * from marts.fct_question_answers
    order by occurred_at desc, activity_key asc
    limit getvariable('rows_at_most')
)

select
    answers.site_id,
    answers.user_key,
    answers.content_key,
    answers.question_name,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    case
        when length(texts.activity_text) > 200 then left(texts.activity_text, 199) || '…'
        else coalesce(texts.activity_text, answers.answer_text, cast(answers.rating_value as varchar))
    end as answer,
    answers.occurred_at,
    (select count(*) from marts.fct_question_answers) as total_row_count
from shown as answers
left join restricted.activity_texts as texts on answers.activity_key = texts.activity_key
left join marts.dim_content as content on answers.content_key = content.content_key
order by answers.occurred_at desc, answers.activity_key asc
