-- How were the rating questions answered?
select distinct
    question_name,
    question_counted_answer_count as answers,
    round(mean_rating, 2) as mean
from marts.fct_question_results
where question_type = 'Rating'
order by question_name
