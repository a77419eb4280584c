-- Resources and analytics reports that users downloaded, numbered for each user, page and title.
-- Grain: one row per download.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with downloads as (
    select * from {{ ref('stg_juno__downloads') }}
),

numbered as (
    select
        *,
        case
            when user_id is not null and downloaded_title is not null then cast(row_number() over (
                partition by site_id, user_id, activity_type, content_id, downloaded_title
                order by occurred_at, activity_key
            ) as bigint)
        end as download_number
    from downloads
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        replace(activity_type, '_downloaded', '') as download_kind,
        downloaded_title as title,
        download_number = 1 as is_first_download,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        download_number,
        report_id,
        record_number
    from numbered
)

select * from final
