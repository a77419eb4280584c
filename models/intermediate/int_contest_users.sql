-- The users who take part in each contest.
-- Grain: one row per contest, site and user.

with contests as (
    select * from {{ ref('contests') }}
),

users as (
    select * from {{ ref('int_users') }}
),

user_groups as (
    select * from {{ ref('int_user_groups') }}
),

final as (
    select
        contests.contest_id,
        users.user_key,
        users.site_id,
        users.user_id
    from contests
    inner join users on contests.site_id is null or contests.site_id = users.site_id
    left join user_groups as staff on users.user_key = staff.user_key and staff.group_kind = 'staff'
    left join user_groups as tags
        on users.user_key = tags.user_key and tags.group_kind = 'tag' and contests.tag = tags.group_name
    where
        (not contests.excludes_staff or staff.user_key is null)
        and (contests.tag is null or tags.user_key is not null)
)

select * from final
