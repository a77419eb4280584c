-- Everything that users wrote, without its text: chat, comments, Q&A, posts and direct messages.
-- Each has its length, form and rhythm.
-- Grain: one row per written activity, a vote for a question included.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

{%- set texts = {
    "stg_juno__chat_messages": "message_text",
    "stg_juno__comments": "comment_text",
    "stg_juno__qa_events": "question_text",
    "stg_juno__community_posts": "post_text",
    "stg_juno__direct_messages": "message_text",
} %}
{%- set question_mark = "？|[?؟](?:[^\\p{L}\\p{N}]|$)" %}
{%- set link = "(?i)(?:https?://|www[.])[\\p{L}\\p{N}]" %}

-- The label of a vote holds another user's question, if anything.
with written as (
    {%- for model, text in texts.items() %}
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        case when activity_type <> 'qa_question_voted' then {{ text }} end as written_text,
        report_id,
        record_number
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

followed as (
    select
        *,
        lag(occurred_at) over (
            partition by site_id, content_id, activity_type
            order by occurred_at, activity_key
        ) as previous_at,
        row_number() over (
            partition by site_id, user_id, content_id, activity_type
            order by occurred_at, activity_key
        ) as user_number
    from written
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        case activity_type
            when 'chat_message_sent' then 'chat_message'
            when 'comment_posted' then 'comment'
            when 'qa_question_asked' then 'qa_question'
            when 'qa_question_voted' then 'qa_vote'
            when 'forum_post_created' then 'forum_post'
            when 'social_post_created' then 'social_post'
            when 'direct_message_sent' then 'direct_message'
            else activity_type
        end as conversation_kind,
        written_text is not null and {{ regex_group("written_text", question_mark, 0) }} is not null as is_question,
        written_text is not null and {{ regex_group("written_text", link, 0) }} is not null as has_link,
        case when user_id is not null then user_number = 1 end as is_first_of_user,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        cast(length(written_text) as bigint) as text_length_characters,
        {{ word_count('written_text') }} as word_count,
        case when content_id is not null then {{ seconds_between('previous_at', 'occurred_at') }} end
            as seconds_since_previous,
        report_id,
        record_number
    from followed
)

select * from final
