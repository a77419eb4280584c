-- The activities on each page, and how many people did them.
select
    engagement.site_id,
    engagement.content_key,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    engagement.content_kind,
    engagement.activity_count,
    engagement.unique_user_count,
    engagement.viewer_count,
    engagement.attendee_count,
    engagement.on_demand_user_count,
    engagement.conversation_count,
    engagement.feedback_count,
    engagement.like_count,
    engagement.download_count
from marts.fct_content_engagement as engagement
inner join marts.dim_content as content on engagement.content_key = content.content_key
order by engagement.activity_count desc, engagement.content_key asc
