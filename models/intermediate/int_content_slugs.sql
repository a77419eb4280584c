-- Which content a slug leads to: the one whose newest slug it is, else the only one that ever had it.
-- Grain: one row per site and slug that a content bears or bore.

with content_names as (
    select * from {{ ref('int_content_names') }}
    where content_slug is not null
),

content_kinds as (
    select * from {{ ref('int_content_kinds') }}
),

newest_slugs as (
    select
        site_id,
        content_id,
        {{ newest('content_slug', ['download_number', 'last_occurred_at']) }} as content_slug
    from content_names
    group by 1, 2
),

borne as (
    select distinct
        content_names.site_id,
        content_names.content_slug,
        content_names.content_id,
        content_names.content_slug = newest_slugs.content_slug as is_newest,
        content_kinds.content_kind = 'private_meeting' as is_private_meeting
    from content_names
    inner join newest_slugs
        on content_names.site_id = newest_slugs.site_id and content_names.content_id = newest_slugs.content_id
    inner join content_kinds
        on content_names.site_id = content_kinds.site_id and content_names.content_id = content_kinds.content_id
),

-- The slug of a private meeting is made from its name, which holds a person's.
final as (
    select
        site_id,
        content_slug,
        case
            when count(*) filter (where is_newest) = 1 then min(content_id) filter (where is_newest)
            when count(*) filter (where is_newest) = 0 and count(*) = 1 then min(content_id)
        end as content_id,
        bool_or(is_private_meeting) as is_private_meeting
    from borne
    group by 1, 2
)

select * from final
