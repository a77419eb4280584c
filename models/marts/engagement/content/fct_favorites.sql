-- Contents and comments that users liked and topics that they followed.
-- Grain: one row per press of a Like button and per topic followed.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with likes as (
    select * from {{ ref('stg_juno__likes') }}
),

topic_follows as (
    select * from {{ ref('stg_juno__topic_follows') }}
),

content_kinds as (
    select * from {{ ref('int_content_kinds') }}
),

private_meetings as (
    select distinct
        site_id,
        session_name
    from {{ ref('int_sessions') }}
    where session_type = 'private_meeting' and session_name is not null
),

-- The name of a private meeting holds a person's, and may be liked from any page. Off a content page the like may be of
-- somebody's post, and its label that post; the label of a liked comment is at best that comment.
favorites as (
    select
        likes.activity_key,
        likes.site_id,
        likes.user_id,
        likes.content_id,
        replace(likes.activity_type, '_liked', '') as favorite_kind,
        case
            when
                likes.activity_type = 'content_liked'
                and content_kinds.content_kind <> 'private_meeting'
                and private_meetings.session_name is null
                then likes.liked_name
        end as favorite_name,
        case when likes.activity_type = 'content_liked' then likes.content_id end as favorite_identity,
        likes.occurred_at,
        likes.report_id,
        likes.record_number
    from likes
    left join content_kinds
        on likes.site_id = content_kinds.site_id and likes.content_id = content_kinds.content_id
    left join private_meetings
        on likes.site_id = private_meetings.site_id and likes.liked_name = private_meetings.session_name
    union all
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        'topic' as favorite_kind,
        topic_name as favorite_name,
        topic_name as favorite_identity,
        occurred_at,
        report_id,
        record_number
    from topic_follows
),

numbered as (
    select
        *,
        row_number() over (
            partition by site_id, user_id, favorite_kind, favorite_identity
            order by occurred_at, activity_key
        ) as favorite_number
    from favorites
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        favorite_kind,
        favorite_name,
        case when user_id is not null and favorite_identity is not null then favorite_number = 1 end as is_first,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        report_id,
        record_number
    from numbered
)

select * from final
