-- Standings of every contest. An estimate: the report carries no points.
-- Grain: one row per contest, site and user with an award in the contest.
-- Ties share a rank and the next rank is left out (1, 2, 2, 4): leaderboard_rules.md beside this file.

with points_awarded as (
    select * from {{ ref('fct_points_awarded') }}
),

contests as (
    select * from {{ ref('contests') }}
),

standings as (
    select
        contests.contest_id,
        contests.contest_name,
        points_awarded.user_key,
        points_awarded.site_id,
        points_awarded.user_id,
        cast(sum(points_awarded.points) as bigint) as points,
        count(*) as award_count,
        max(points_awarded.awarded_at) as last_awarded_at
    from points_awarded
    inner join contests
        on
            (contests.site_id is null or points_awarded.site_id = contests.site_id)
            and (contests.starts_at is null or points_awarded.awarded_at >= contests.starts_at)
            and (contests.ends_at is null or points_awarded.awarded_at < contests.ends_at)
    group by 1, 2, 3, 4, 5
),

final as (
    select
        user_key,
        contest_id,
        contest_name,
        site_id,
        user_id,
        rank() over (partition by contest_id, site_id order by points desc) as rank,
        points,
        award_count,
        last_awarded_at
    from standings
)

select * from final
