-- Emoji reactions that users sent, by the name of the emoji.
-- Grain: one row per emoji reaction.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with reactions as (
    select * from {{ ref('stg_juno__reactions') }}
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        emoji_name,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        report_id,
        record_number
    from reactions
)

select * from final
