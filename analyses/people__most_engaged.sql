-- Who is most engaged, and by what activities?
select
    users.full_name,
    round(engagement.engagement_score)::int as score,
    round(engagement.attendance_score)::int as attendance,
    round(engagement.conversation_score)::int as conversation,
    round(engagement.feedback_score)::int as feedback,
    engagement.active_day_count as days
from marts.fct_user_engagement as engagement
inner join restricted.user_details as users on engagement.user_key = users.user_key
order by engagement.engagement_score desc, users.full_name asc
limit 5
