-- Profiles of other users that users opened, and whose they are where the name leaves no doubt.
-- Grain: one row per view of another user's profile.
-- The rules, and what they cannot know: activities_rules.md in the folder above.

with profile_views as (
    select
        *,
        {{ folded('viewed_name') }} as folded_name
    from {{ ref('stg_juno__profile_views') }}
),

users as (
    select
        site_id,
        user_key,
        {{ folded("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }} as folded_name
    from {{ ref('user_details') }}
),

names as (
    select
        site_id,
        folded_name,
        count(*) as user_count,
        min(user_key) as user_key
    from users
    group by 1, 2
),

resolved as (
    select
        profile_views.*,
        profile_views.site_id || ':' || profile_views.user_id as user_key,
        case when names.user_count = 1 then names.user_key end as viewed_user_key,
        case
            when profile_views.folded_name is null then 'blank'
            when names.user_count is null then 'unknown'
            when names.user_count > 1 then 'ambiguous'
            else 'resolved'
        end as resolution
    from profile_views
    left join names
        on profile_views.site_id = names.site_id and profile_views.folded_name = names.folded_name
),

final as (
    select
        activity_key,
        user_key,
        site_id || ':' || content_id as content_key,
        viewed_user_key,
        site_id,
        user_id,
        content_id,
        viewed_from as view_source,
        resolution,
        is_full_profile,
        user_key = viewed_user_key as is_self_view,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        report_id,
        record_number
    from resolved
)

select * from final
