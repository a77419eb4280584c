-- The activities on each page, and how many people did them.
-- A person may have attended several sessions of a page.
with people as (
    select
        content_key,
        user_key,
        bool_or(is_attended_proven) as is_proven,
        bool_or(is_attended_possible) as is_possible
    from marts.fct_session_attendance
    group by content_key, user_key
),

attended as (
    select
        content_key,
        count(*) filter (where is_proven) as proven_attendee_count,
        count(*) filter (where is_possible) as possible_attendee_count
    from people
    group by content_key
)

select
    engagement.site_id,
    engagement.content_key,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    engagement.content_kind,
    engagement.activity_count,
    engagement.unique_user_count,
    engagement.viewer_count,
    engagement.attendee_count,
    case when engagement.attendee_count is not null then coalesce(attended.proven_attendee_count, 0) end
        as proven_attendee_count,
    case when engagement.attendee_count is not null then coalesce(attended.possible_attendee_count, 0) end
        as possible_attendee_count,
    engagement.on_demand_user_count,
    engagement.conversation_count,
    engagement.feedback_count,
    engagement.like_count,
    engagement.download_count,
    (select count(*) from marts.fct_content_engagement) as total_row_count
from marts.fct_content_engagement as engagement
inner join marts.dim_content as content on engagement.content_key = content.content_key
left join attended on engagement.content_key = attended.content_key
order by engagement.activity_count desc, engagement.content_key asc
