-- Which content a slug leads to: the one whose newest slug it is, else the only one that ever had it.
-- Grain: one row per site and slug that leads to one content.

-- An old slug is often told by an older download only, so the records set aside as duplicates count too.
with activities as (
    select * from {{ ref('base_juno__activities') }}
    where content_id is not null and content_slug is not null
),

told as (
    select
        site_id,
        content_id,
        content_slug,
        download_number,
        max(occurred_at) as last_occurred_at
    from activities
    group by 1, 2, 3, 4
),

newest_slugs as (
    select
        site_id,
        content_id,
        {{ newest('content_slug', ['download_number', 'last_occurred_at']) }} as content_slug
    from told
    group by 1, 2
),

borne as (
    select distinct
        told.site_id,
        told.content_slug,
        told.content_id,
        told.content_slug = newest_slugs.content_slug as is_newest
    from told
    inner join newest_slugs on told.site_id = newest_slugs.site_id and told.content_id = newest_slugs.content_id
),

counted as (
    select
        site_id,
        content_slug,
        count(*) as content_count,
        min(content_id) as content_id,
        count(*) filter (where is_newest) as newest_content_count,
        min(content_id) filter (where is_newest) as newest_content_id
    from borne
    group by 1, 2
),

final as (
    select
        site_id,
        content_slug,
        coalesce(newest_content_id, content_id) as content_id,
        newest_content_count = 1 as is_newest
    from counted
    where newest_content_count = 1 or (newest_content_count = 0 and content_count = 1)
)

select * from final
