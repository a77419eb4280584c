-- Which users are staff, in a team or have a tag, as the site's own seeds say.
-- Grain: one row per site, user, kind of group and group.

with named_users as (
    {{ named_users() }}
),

final as (
    select distinct
        user_key,
        site_id,
        user_id,
        group_kind,
        group_name
    from named_users
    where user_key is not null
)

select * from final
