-- Links that users followed, inside the platform and out of it, without what may be personal in their addresses.
-- Grain: one row per click on a link.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

{%- set before_path = "(?is)^(?:(?:[a-z][a-z0-9+.-]*:)?//)?[^/?#]*" %}
{%- set path = "(/[^?#]*[^/?#])?/*(?:[?#].*)?$" %}
{%- set personal_host = "^(?:.*[.])?" ~ personal_hosts() ~ "$" %}

with link_clicks as (
    select * from {{ ref('stg_juno__link_clicks') }}
),

content_slugs as (
    select * from {{ ref('int_content_slugs') }}
),

parsed as (
    select
        link_clicks.*,
        content_slugs.content_id as target_content_id,
        content_slugs.is_private_meeting,
        {{ regex_group("link_clicks.url", before_path ~ path) }} as url_path
    from link_clicks
    left join content_slugs
        on link_clicks.site_id = content_slugs.site_id and link_clicks.target_slug = content_slugs.content_slug
),

-- A known slug is that of a page. Any other text in its place may be an address with a query string.
judged as (
    select
        *,
        coalesce(target_slug, url_host || coalesce(url_path, '')) as whole_target,
        coalesce(
            is_private_meeting
            or (target_content_id is null and {{ is_personal_slug("target_slug") }})
            or (
                url_host is not null and url_path is not null
                and (
                    {{ is_match("url_path", personal_mark()) }}
                    or {{ is_match("url_host", personal_host) }}
                    or {{ is_match("url_path", personal_address()) }}
                )
            )
            or (url is not null and url_host is null and not is_url_unparsed),
            false
        ) as is_target_withheld
    from parsed
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id || ':' || target_content_id as target_content_key,
        site_id,
        user_id,
        content_id,
        case activity_type
            when 'internal_link_clicked' then 'internal'
            when 'external_link_clicked' then 'external'
            when 'metadata_clicked' then 'metadata'
            else activity_type
        end as link_kind,
        url_scheme,
        url_host,
        case when not is_target_withheld then whole_target end as target,
        target_slug is not null and target_content_id is null as is_target_unresolved,
        is_target_withheld,
        is_url_unparsed,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        report_id,
        record_number
    from judged
)

select * from final
