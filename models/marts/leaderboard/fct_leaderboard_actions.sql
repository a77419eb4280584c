-- What the points of fct_leaderboard were earned with.
-- Grain: one row per contest, site, user and rule with an award that counts.

with contest_points as (
    select * from {{ ref('fct_contest_points') }}
    where is_current
),

contests as (
    select * from {{ ref('contests') }}
),

point_rules as (
    select * from {{ ref('point_rules') }}
),

summed as (
    select
        contest_id,
        user_key,
        site_id,
        user_id,
        point_rule_key,
        max(last_awarded_at) as last_awarded_at,
        cast(sum(points) as bigint) as points,
        cast(sum(award_count) as bigint) as award_count
    from contest_points
    group by 1, 2, 3, 4, 5
),

final as (
    select
        summed.user_key,
        summed.contest_id,
        contests.contest_name,
        summed.site_id,
        summed.user_id,
        summed.point_rule_key,
        point_rules.id_space,
        point_rules.rule_name,
        summed.last_awarded_at,
        summed.points,
        summed.award_count
    from summed
    inner join contests on summed.contest_id = contests.contest_id
    inner join point_rules on summed.point_rule_key = point_rules.point_rule_key
)

select * from final
