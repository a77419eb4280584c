-- Contents that users liked and topics that they followed.
-- Grain: one row per press of the Like button and per topic followed.
-- The rules, and what they cannot know: acts_rules.md beside this file.

with favorites as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        'content' as favorite_kind,
        -- Off a content page the like may be of somebody's post, and its label that post.
        case when content_id is not null then liked_name end as favorite_name,
        content_id as favorite_identity,
        occurred_at,
        report_id,
        record_number
    from {{ ref('stg_juno__likes') }}
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
    from {{ ref('stg_juno__topic_follows') }}
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
