-- What did people answer to the polls?
select
    question_name,
    answer_text,
    counted_answer_count as answers,
    round(answer_ratio, 2) as share
from marts.fct_question_results
where question_type = 'Poll'
order by question_name asc, answers desc, answer_text asc
