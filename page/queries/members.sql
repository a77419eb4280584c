-- The users with what each did in sum, the most engaged first.
with answers as (
    select
        user_key,
        count(*) as answer_count
    from marts.fct_question_answers
    group by user_key
)

select
    engagement.site_id,
    engagement.user_key,
    coalesce(users.full_name, engagement.user_id) as full_name,
    users.company,
    engagement.active_day_count,
    engagement.activity_count,
    engagement.attended_session_count,
    engagement.likely_seconds,
    coalesce(answers.answer_count, 0) as answer_count,
    (select count(*) from marts.fct_user_engagement) as total_row_count
from marts.fct_user_engagement as engagement
left join restricted.user_details as users on engagement.user_key = users.user_key
left join answers on engagement.user_key = answers.user_key
order by engagement.engagement_score desc nulls last, engagement.user_key asc
