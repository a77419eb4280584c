-- Which users are staff, in a team or have a tag, as the site's own seeds say.
-- Grain: one row per site, user, kind of group and group.

with named_users as (
    {{ named_users() }}
),

reported_tags as (
    select * from {{ ref('int_reported_user_tags') }}
),

final as (
    select
        user_key,
        site_id,
        user_id,
        group_kind,
        group_name
    from named_users
    where user_key is not null
    union distinct
    select
        user_key,
        site_id,
        user_id,
        'tag' as group_kind,
        tag as group_name
    from reported_tags
)

select * from final
