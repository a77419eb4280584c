-- The ledger of points: what earned them, when, and under which rule. A rebuilt estimate: the report carries no points.
-- Grain: one row per award. The rules, and what they cannot know: leaderboard_rules.md beside this file.

-- With the labels, which decide what a first time is.
with activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate and user_id is not null
),

published_activities as (
    select * from {{ ref('fct_activities') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

point_rules as (
    select * from {{ ref('point_rules') }}
),

site_point_rules as (
    select * from {{ ref('site_point_rules') }}
),

multipliers as (
    select * from {{ ref('content_multipliers') }}
),

-- What earns the rule only once. An activity that names no such thing shares one place with all that name none.
placed as (
    select
        activities.activity_key,
        activities.site_id,
        activities.user_id,
        activities.occurred_at,
        point_rules.point_rule_key,
        case when point_rules.once_per in ('content', 'question', 'comment') then activities.content_id end as once_on,
        case point_rules.once_per
            when 'question' then activities.category
            when 'comment' then activities.label
            when 'other_user' then activities.label
            when 'day' then cast({{ local_date('activities.occurred_at') }} as {{ dbt.type_string() }})
        end as once_for
    from activities
    inner join activity_types on activities.activity_type = activity_types.activity_type
    inner join point_rules on activity_types.point_rule_key = point_rules.point_rule_key
),

-- The first time over the whole history: neither a contest nor a reset makes a first time of a second.
firsts as (
    select
        point_rule_key,
        min_by(activity_key, (occurred_at, activity_key)) as activity_key
    from placed
    group by site_id, user_id, point_rule_key, once_on, once_for
),

awarded as (
    select
        published_activities.*,
        point_rules.point_rule_key,
        point_rules.id_space,
        point_rules.rule_name,
        point_rules.once_per,
        coalesce(own_rules.points, common_rules.points, point_rules.points) as rule_points,
        coalesce(multipliers.multiplier, 1) as multiplier
    from published_activities
    inner join firsts on published_activities.activity_key = firsts.activity_key
    inner join point_rules on firsts.point_rule_key = point_rules.point_rule_key
    left join site_point_rules as own_rules
        on
            published_activities.site_id = own_rules.site_id
            and point_rules.point_rule_key = own_rules.point_rule_key
            and {{ in_span('published_activities.occurred_at', 'own_rules.valid_from', 'own_rules.valid_until') }}
    left join site_point_rules as common_rules
        on
            common_rules.site_id is null
            and point_rules.point_rule_key = common_rules.point_rule_key
            and {{ in_span('published_activities.occurred_at', 'common_rules.valid_from', 'common_rules.valid_until') }}
    left join multipliers
        on
            published_activities.site_id = multipliers.site_id
            and published_activities.content_id = multipliers.content_id
            and {{ in_span('published_activities.occurred_at', 'multipliers.valid_from', 'multipliers.valid_until') }}
),

final as (
    select
        activity_key,
        user_key,
        content_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        point_rule_key,
        id_space,
        rule_name,
        once_per,
        occurred_at as awarded_at,
        occurred_date as awarded_date,
        rule_points,
        multiplier,
        rule_points * multiplier as points,
        report_id,
        record_number
    from awarded
)

select * from final
