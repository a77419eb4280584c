{% macro named_users() -%}
    with users as (
        select
            user_key,
            site_id,
            user_id,
            {{ lowered('email') }} as email
        from {{ ref('int_users') }}
    ),

    seed_rows as (
        select
            site_id,
            'team' as group_kind,
            team_name as group_name,
            user_id as named_id,
            {{ lowered('email') }} as named_email,
            false as is_pattern
        from {{ ref('teams') }}
        union all
        select
            site_id,
            'staff' as group_kind,
            'staff' as group_name,
            user_id as named_id,
            {{ lowered('email') }} as named_email,
            coalesce(email like '%*%', false) as is_pattern
        from {{ ref('staff') }}
        union all
        select
            site_id,
            'tag' as group_kind,
            tag as group_name,
            user_id as named_id,
            {{ lowered('email') }} as named_email,
            false as is_pattern
        from {{ ref('user_tags') }}
    ),

    -- A row may name an id that counts for another.
    merged_rows as (
        select
            seed_rows.site_id,
            seed_rows.group_kind,
            seed_rows.group_name,
            {{ merged_user_id('seed_rows.named_id') }} as named_id,
            seed_rows.named_email,
            seed_rows.is_pattern
        from seed_rows
        {{ join_same_users('seed_rows.site_id', 'seed_rows.named_id') }}
    )

    -- Three joins, for only the patterns, which are few, may be held against every user.
    select
        seed_rows.*,
        users.user_key,
        users.user_id
    from merged_rows as seed_rows
    left join users on seed_rows.site_id = users.site_id and seed_rows.named_id = users.user_id
    where seed_rows.named_id is not null
    union all
    select
        seed_rows.*,
        users.user_key,
        users.user_id
    from merged_rows as seed_rows
    left join users on seed_rows.site_id = users.site_id and seed_rows.named_email = users.email
    where seed_rows.named_id is null and not seed_rows.is_pattern
    union all
    select
        seed_rows.*,
        users.user_key,
        users.user_id
    from merged_rows as seed_rows
    left join users
        on seed_rows.site_id = users.site_id and {{ wildcard_match('users.email', 'seed_rows.named_email') }}
    where seed_rows.named_id is null and seed_rows.is_pattern
{%- endmacro %}
