-- The users with what each did in sum, the most engaged first.
select
    engagement.site_id,
    engagement.user_key,
    coalesce(users.full_name, engagement.user_id) as full_name,
    users.company,
    engagement.active_day_count,
    engagement.activity_count,
    engagement.attended_session_count,
    engagement.likely_seconds,
    (select count(*) from marts.fct_user_engagement) as total_row_count
from marts.fct_user_engagement as engagement
left join restricted.user_details as users on engagement.user_key = users.user_key
order by engagement.engagement_score desc nulls last, engagement.user_key asc
