-- Content pages, with the name and slug of the newest download; both can be edited at any time.
-- Grain: one row per site and content.

with activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate and content_id is not null
),

-- One row per name that a download gives, which is far fewer than there are activities.
told as (
    select
        site_id,
        content_id,
        download_number,
        content_name,
        content_slug,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at,
        count(*) as activity_count
    from activities
    group by 1, 2, 3, 4, 5
),

final as (
    select
        site_id || ':' || content_id as content_key,
        site_id,
        content_id,
        {{ newest('content_name', ['download_number', 'last_occurred_at']) }} as content_name,
        {{ newest('content_slug', ['download_number', 'last_occurred_at']) }} as content_slug,
        count(distinct content_name) as content_name_count,
        min(first_occurred_at) as first_seen_at,
        max(last_occurred_at) as last_seen_at,
        cast(sum(activity_count) as bigint) as activity_count
    from told
    group by 1, 2, 3
)

select * from final
