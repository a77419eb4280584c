-- The visitors of each booth, their activities there in order, and how warm the lead is.
-- Grain: one row per site, booth and user who touched it.
-- The rule of warmth is this project's own: engagement_rules.md in the folder above.

with activities as (
    select * from {{ ref('fct_activities') }}
    where user_key is not null and content_key is not null
),

exhibitors as (
    select * from {{ ref('exhibitors') }}
),

weights as (
    select * from {{ ref('lead_weights') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

users as (
    select * from {{ ref('dim_users') }}
),

touches as (
    select
        activities.activity_key,
        activities.user_key,
        activities.content_key,
        activities.site_id,
        activities.user_id,
        activities.content_id,
        activities.activity_type,
        activity_types.activity_name,
        activities.occurred_at,
        activities.occurred_date,
        exhibitors.exhibitor_name,
        weights.weight,
        row_number() over (
            partition by activities.user_key, activities.content_key, activities.activity_type
            order by activities.occurred_at, activities.activity_key
        ) as touch_number
    from activities
    inner join exhibitors
        on activities.site_id = exhibitors.site_id and activities.content_id = exhibitors.content_id
    inner join weights on activities.activity_type = weights.activity_type
    inner join activity_types on activities.activity_type = activity_types.activity_type
),

-- The same touch counts a few times at most: ten reloads of a page are no hot lead.
scored as (
    select
        user_key,
        content_key,
        site_id,
        user_id,
        content_id,
        exhibitor_name,
        {{ dbt.listagg("activity_type", "' > '", "order by occurred_at, activity_key") }} as touches,
        {{ dbt.listagg("activity_name", "' > '", "order by occurred_at, activity_key") }} as touch_names,
        count(*) as touch_count,
        count(distinct occurred_date) as touch_day_count,
        min(occurred_at) as first_touch_at,
        max(occurred_at) as last_touch_at,
        cast(sum(weight) filter (where touch_number <= {{ var('lead_touch_limit') }}) as bigint) as lead_score
    from touches
    group by 1, 2, 3, 4, 5, 6
),

-- Own people of an exhibitor are that at each of its booths, also where only one row names the company.
own_companies as (
    select distinct
        site_id,
        exhibitor_name,
        {{ lowered(cleaned('company')) }} as company
    from exhibitors
),

final as (
    select
        scored.user_key,
        scored.content_key,
        scored.site_id,
        scored.user_id,
        scored.content_id,
        scored.exhibitor_name,
        users.company,
        users.is_staff,
        own_companies.company is not null as is_own_people,
        case
            when scored.lead_score >= {{ var('lead_hot_score') }} then 'hot'
            when scored.lead_score >= {{ var('lead_warm_score') }} then 'warm'
            else 'cold'
        end as warmth,
        scored.touches,
        scored.touch_names,
        scored.first_touch_at,
        scored.last_touch_at,
        scored.touch_count,
        scored.touch_day_count,
        scored.lead_score
    from scored
    inner join users on scored.user_key = users.user_key
    left join own_companies
        on
            scored.site_id = own_companies.site_id
            and scored.exhibitor_name = own_companies.exhibitor_name
            and {{ lowered('users.company') }} = own_companies.company
)

select * from final
