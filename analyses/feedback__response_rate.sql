-- How many of those who were live answered each question?
with live as (
    select distinct
        user_key,
        content_key
    from marts.fct_session_attendance
)

select
    answers.question_type,
    answers.question_name,
    count(distinct live.user_key) as answered,
    max(engagement.live_user_count) as live,
    round(count(distinct live.user_key) / max(engagement.live_user_count), 2) as response_rate
from marts.fct_question_answers as answers
inner join marts.fct_content_engagement as engagement on answers.content_key = engagement.content_key
left join live on answers.user_key = live.user_key and answers.content_key = live.content_key
group by answers.question_key, answers.question_type, answers.question_name
order by response_rate desc, answers.question_name asc
limit 5
