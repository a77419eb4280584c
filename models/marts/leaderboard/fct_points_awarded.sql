-- The ledger of points: what earned them, when, and by which rule. A rebuilt estimate: the report carries no points.
-- Grain: one row per award. The rules, and what they cannot know: leaderboard_rules.md beside this file.

with activities as (
    select * from {{ ref('fct_activities') }}
    where user_key is not null
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

point_rules as (
    select * from {{ ref('point_rules') }}
),

multipliers as (
    select * from {{ ref('content_multipliers') }}
),

-- The same action on the same content earns once, ever: its first time over the whole history. Acts without a content
-- share one place.
ranked as (
    select
        activities.activity_key,
        activities.user_key,
        activities.content_key,
        activities.site_id,
        activities.user_id,
        activities.content_id,
        activities.activity_type,
        activities.occurred_at,
        activities.occurred_date,
        point_rules.point_rule_key,
        point_rules.rule_name,
        point_rules.points as rule_points,
        row_number() over (
            partition by activities.site_id, activities.user_id, point_rules.point_rule_key, activities.content_id
            order by activities.occurred_at, activities.activity_key
        ) as time_number
    from activities
    inner join activity_types on activities.activity_type = activity_types.activity_type
    inner join point_rules on activity_types.point_rule_key = point_rules.point_rule_key
),

final as (
    select
        ranked.activity_key,
        ranked.user_key,
        ranked.content_key,
        ranked.site_id,
        ranked.user_id,
        ranked.content_id,
        ranked.activity_type,
        ranked.point_rule_key,
        ranked.rule_name,
        ranked.occurred_at as awarded_at,
        ranked.occurred_date as awarded_date,
        ranked.rule_points,
        coalesce(multipliers.multiplier, 1) as multiplier,
        ranked.rule_points * coalesce(multipliers.multiplier, 1) as points
    from ranked
    left join multipliers
        on ranked.site_id = multipliers.site_id and ranked.content_id = multipliers.content_id
    where ranked.time_number = 1
)

select * from final
