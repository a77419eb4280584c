-- Notifications that users clicked: clicks of one notification belong together without its text.
-- Grain: one row per click on a notification.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with notification_clicks as (
    select * from {{ ref('stg_juno__notification_clicks') }}
),

numbered as (
    select
        *,
        case
            when user_id is not null and notification_text is not null then cast(row_number() over (
                partition by site_id, user_id, notification_text
                order by occurred_at, activity_key
            ) as bigint)
        end as click_number
    from notification_clicks
),

final as (
    select
        activity_key,
        case when notification_text is not null then {{ hash_key(['site_id', 'notification_text']) }} end
            as notification_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        click_number = 1 as is_first_click,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        click_number,
        cast(length(notification_text) as bigint) as text_length_characters,
        report_id,
        record_number
    from numbered
)

select * from final
