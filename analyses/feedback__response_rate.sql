-- How many of those who were live answered each question?
select
    answers.question_type,
    answers.question_name,
    count(distinct answers.user_key) as answered,
    max(engagement.live_user_count) as live,
    round(count(distinct answers.user_key) / max(engagement.live_user_count), 2) as response_rate
from marts.fct_question_answers as answers
inner join marts.fct_content_engagement as engagement on answers.content_key = engagement.content_key
group by answers.question_key, answers.question_type, answers.question_name
order by response_rate desc, answers.question_name asc
limit 5
