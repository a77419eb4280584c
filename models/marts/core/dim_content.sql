-- Content pages, with the name and slug of the newest download; both can be edited at any time.
-- Grain: one row per site and content.

with content_names as (
    select * from {{ ref('int_content_names') }}
),

content_kinds as (
    select * from {{ ref('int_content_kinds') }}
),

content as (
    select
        site_id,
        content_id,
        {{ newest('content_name', ['download_number', 'last_occurred_at']) }} as content_name,
        {{ newest('content_slug', ['download_number', 'last_occurred_at']) }} as content_slug,
        count(distinct content_name) as content_name_count,
        count(distinct content_slug) as content_slug_count,
        min(first_occurred_at) as first_seen_at,
        max(last_occurred_at) as last_seen_at,
        cast(sum(activity_count) as bigint) as activity_count
    from content_names
    group by 1, 2
),

-- A private meeting's name holds a person's, and its slug is made from the name.
final as (
    select
        content.site_id || ':' || content.content_id as content_key,
        content.site_id,
        content.content_id,
        {{ public_name('content_kinds.content_kind', 'content.content_name') }} as content_name,
        case when content_kinds.content_kind <> 'private_meeting' then content.content_slug end as content_slug,
        content_kinds.content_kind,
        content_kinds.content_kind_evidence,
        content.content_name_count,
        content.content_slug_count,
        content.first_seen_at,
        content.last_seen_at,
        content.activity_count
    from content
    inner join content_kinds
        on content.site_id = content_kinds.site_id and content.content_id = content_kinds.content_id
)

select * from final
