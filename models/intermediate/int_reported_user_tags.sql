-- The tags that the newest unique users report gives to each user.
-- Grain: one row per site, user and tag.

with users as (
    select * from {{ ref('int_reported_users') }}
    where user_id is not null
),

parts as (
    {{ text_parts("users", ["user_key", "site_id", "user_id"], "tags", ";,|", "part") }}
),

final as (
    select distinct
        user_key,
        site_id,
        user_id,
        {{ cleaned('part') }} as tag
    from parts
    where {{ cleaned('part') }} is not null
)

select * from final
