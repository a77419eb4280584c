-- The counted answers in polls, surveys and quizzes, without free text.
select
    results.site_id,
    results.content_key,
    results.question_key,
    results.question_name,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    results.question_type,
    coalesce(results.answer_text, cast(results.rating_value as varchar)) as answer,
    results.counted_answer_count,
    results.answer_ratio,
    results.question_respondent_count
from marts.fct_question_results as results
left join marts.dim_content as content on results.content_key = content.content_key
where not results.is_free_text
order by
    results.question_respondent_count desc nulls last,
    results.question_key asc,
    results.counted_answer_count desc,
    results.rating_value asc,
    answer asc
