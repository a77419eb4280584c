-- The standing of the teams.
select
    site_id,
    contest_name,
    rank,
    team_name,
    points,
    points_to_next_place,
    member_count,
    scoring_member_count,
    points_per_member
from marts.fct_team_leaderboard
order by rank, contest_name, team_name
