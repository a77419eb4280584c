-- Standings of every contest. An estimate: the report carries no points.
-- Grain: one row per contest, site and user with an award that counts.
-- Ties share a rank and the next rank is left out (1, 2, 2, 4): leaderboard_rules.md beside this file.

with contest_points as (
    select * from {{ ref('fct_contest_points') }}
    where is_current
),

contests as (
    select * from {{ ref('contests') }}
),

standings as (
    select
        contest_id,
        user_key,
        site_id,
        user_id,
        max(last_awarded_at) as last_awarded_at,
        cast(sum(points) as bigint) as points,
        cast(sum(award_count) as bigint) as award_count
    from contest_points
    group by 1, 2, 3, 4
),

ranked as (
    {{ ranked_by_points('standings') }}
),

final as (
    select
        ranked.user_key,
        ranked.contest_id,
        contests.contest_name,
        ranked.site_id,
        ranked.user_id,
        ranked.is_tied,
        ranked.last_awarded_at,
        ranked.rank,
        ranked.points,
        ranked.points_of_next_place - ranked.points as points_to_next_place,
        ranked.award_count
    from ranked
    inner join contests on ranked.contest_id = contests.contest_id
)

select * from final
