-- Pairs of users who may be the same person: two ids with one e-mail, or with one name and company. Personal data.
-- Grain: one row per pair of users, the one with more activities first.

with users as (
    select
        user_key,
        site_id,
        user_id,
        activity_count,
        {{ lowered('email') }} as email,
        {{ folded("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }} as full_name,
        {{ folded('company') }} as company,
        first_name is not null and last_name is not null as has_full_name
    from {{ ref('int_users') }}
),

-- (Two joins, for one with both conditions would hold every user against every other.)
pairs as (
    select
        kept.user_key,
        other.user_key as other_user_key,
        true as is_same_email,
        false as is_same_name
    from users as kept
    inner join users as other
        on kept.site_id = other.site_id and kept.email = other.email and kept.user_id < other.user_id
    union all
    select
        kept.user_key,
        other.user_key as other_user_key,
        false as is_same_email,
        true as is_same_name
    from users as kept
    inner join users as other
        on
            kept.site_id = other.site_id
            and kept.full_name = other.full_name
            and kept.company = other.company
            and kept.user_id < other.user_id
    where kept.has_full_name and other.has_full_name
),

unique_pairs as (
    select
        user_key,
        other_user_key,
        max(case when is_same_email then 1 else 0 end) = 1 as is_same_email,
        max(case when is_same_name then 1 else 0 end) = 1 as is_same_name
    from pairs
    group by 1, 2
),

ordered as (
    select
        unique_pairs.is_same_email,
        unique_pairs.is_same_name,
        one.site_id,
        one.activity_count >= two.activity_count as is_in_order,
        one.user_id as one_user_id,
        two.user_id as two_user_id,
        one.activity_count as one_activity_count,
        two.activity_count as two_activity_count
    from unique_pairs
    inner join users as one on unique_pairs.user_key = one.user_key
    inner join users as two on unique_pairs.other_user_key = two.user_key
),

chosen as (
    select
        site_id,
        is_same_email,
        is_same_name,
        case when is_in_order then two_user_id else one_user_id end as user_id,
        case when is_in_order then one_user_id else two_user_id end as same_as_user_id,
        case when is_in_order then two_activity_count else one_activity_count end as activity_count,
        case when is_in_order then one_activity_count else two_activity_count end as same_as_activity_count
    from ordered
),

final as (
    select
        site_id || ':' || user_id as user_key,
        site_id || ':' || same_as_user_id as same_as_user_key,
        site_id,
        user_id,
        same_as_user_id,
        is_same_email,
        is_same_name,
        activity_count,
        same_as_activity_count,
        {{ csv_field('site_id') }} || ',' || {{ csv_field('user_id') }} || ',' || {{ csv_field('same_as_user_id') }}
        || ',' as suggested_row
    from chosen
)

select * from final
