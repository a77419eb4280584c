-- Standings of the teams of every contest: a team's points are the sum of its members' points.
-- Grain: one row per contest, site and team with a member who takes part.

with leaderboard as (
    select * from {{ ref('fct_leaderboard') }}
),

contests as (
    select * from {{ ref('contests') }}
),

contest_users as (
    select * from {{ ref('int_contest_users') }}
),

teams as (
    select * from {{ ref('int_user_groups') }}
    where group_kind = 'team'
),

standings as (
    select
        contest_users.contest_id,
        contest_users.site_id,
        teams.group_name as team_name,
        coalesce(cast(sum(leaderboard.points) as bigint), 0) as points,
        count(*) as member_count,
        count(*) filter (where leaderboard.points > 0) as scoring_member_count
    from teams
    inner join contest_users on teams.user_key = contest_users.user_key
    left join leaderboard
        on contest_users.contest_id = leaderboard.contest_id and contest_users.user_key = leaderboard.user_key
    group by 1, 2, 3
),

ranked as (
    {{ ranked_by_points('standings') }}
),

final as (
    select
        ranked.contest_id,
        contests.contest_name,
        ranked.site_id,
        ranked.team_name,
        ranked.is_tied,
        ranked.rank,
        ranked.points,
        ranked.points_of_next_place - ranked.points as points_to_next_place,
        ranked.member_count,
        ranked.scoring_member_count,
        cast(ranked.points as double) / ranked.member_count as points_per_member
    from ranked
    inner join contests on ranked.contest_id = contests.contest_id
)

select * from final
