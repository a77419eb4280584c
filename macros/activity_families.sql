{% macro activity_families() -%}
    {{ return([
        "account_events",
        "call_events",
        "chat_messages",
        "comments",
        "community_posts",
        "completions",
        "content_clicks",
        "content_views",
        "credits",
        "dialog_openings",
        "direct_messages",
        "downloads",
        "hand_raises",
        "leaderboard_views",
        "likes",
        "link_clicks",
        "notification_clicks",
        "other_activities",
        "profile_views",
        "qa_events",
        "question_answers",
        "reactions",
        "reviews",
        "schedule_events",
        "session_events",
        "topic_follows",
        "track_events",
        "unrecognised",
        "video_events",
    ]) }}
{%- endmacro %}

{% macro family_counts() -%}
    {%- for family in activity_families() %}
    count(*) filter (where activity_family = '{{ family }}') as {{ family }}_count{% if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}

{% macro present_family_count() -%}
    {%- set present = [] -%}
    {%- for family in activity_families() -%}
        {%- do present.append("case when " ~ family ~ "_count > 0 then 1 else 0 end") -%}
    {%- endfor -%}
    cast({{ present | join("\n        + ") }} as bigint)
{%- endmacro %}
