-- Links that users followed: inside the platform by slug, out of it and in the meta data by URL.
-- Grain: one row per click on a link.

{%- set scheme_and_user = "(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?" %}
{#- A host as it is written in a URL: a name (international ones too) or an IPv6 address. -#}
{%- set name_part = "[\\p{L}\\p{N}\\p{M}_-]+" %}
{%- set host = "(" ~ name_part ~ "(?:[.]" ~ name_part ~ ")*|\\[[0-9a-f:.]+\\])" %}
{%- set port_and_path = "(?::[0-9]*)?(?:[/?#].*)?$" %}
{#- Without a scheme only a name with a dot and an ending of letters counts as a host. -#}
{%- set ending = "(?:\\p{L}{2,}|xn--[a-z0-9-]+)" %}
{%- set bare_host = "((?:" ~ name_part ~ "[.])+" ~ ending ~ ")" %}

with activities as (
    {{ family_activities('link_clicks') }}
),

told_apart as (
    select
        *,
        case when activity_type = 'internal_link_clicked' then label end as target_slug,
        case when activity_type <> 'internal_link_clicked' then label end as url
    from activities
),

parsed as (
    select
        *,
        coalesce(
            {{ lowered(regex_group("url", "(?is)^" ~ scheme_and_user ~ host ~ port_and_path)) }},
            {{ lowered(regex_group("url", "(?is)^" ~ bare_host ~ port_and_path)) }}
        ) as url_host,
        {{ lowered(regex_group("url", scheme_of_host())) }} as host_scheme,
        {{ lowered(regex_group("url", "(?i)^(" ~ any_of_setting("schemes_without_host") ~ "):")) }} as calling_scheme
    from told_apart
),

-- Behind such a scheme, or that of a program, a name may stand where the host of another would.
hostless as (
    select
        *,
        coalesce(
            calling_scheme,
            case when {{ opens_a_program("host_scheme") }} then host_scheme end
        ) as hostless_scheme
    from parsed
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        target_slug,
        url,
        case when hostless_scheme is null then url_host end as url_host,
        coalesce(host_scheme, hostless_scheme) as url_scheme,
        url is not null and url_host is null and hostless_scheme is null as is_url_unparsed,
        report_id,
        record_number
    from hostless
)

select * from final
