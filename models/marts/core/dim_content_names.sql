-- Every name and slug that a content page has had in the downloads.
-- Grain: one row per site, content, name and slug. Private meetings are left out: their names hold a person's.

with content_names as (
    select * from {{ ref('int_content_names') }}
),

content as (
    select * from {{ ref('dim_content') }}
    where content_kind <> 'private_meeting'
),

named as (
    select
        site_id,
        content_id,
        content_name,
        content_slug,
        min(first_occurred_at) as first_seen_at,
        max(last_occurred_at) as last_seen_at,
        cast(sum(activity_count) as bigint) as activity_count
    from content_names
    where content_name is not null or content_slug is not null
    group by 1, 2, 3, 4
),

final as (
    select
        content.content_key,
        named.site_id,
        named.content_id,
        named.content_name,
        named.content_slug,
        coalesce(named.content_name = content.content_name, content.content_name is null)
        and coalesce(named.content_slug = content.content_slug, content.content_slug is null) as is_newest,
        named.first_seen_at,
        named.last_seen_at,
        named.activity_count
    from named
    inner join content on named.site_id = content.site_id and named.content_id = content.content_id
)

select * from final
