-- Which team leads?
select
    rank,
    team_name,
    points,
    member_count as members,
    round(points_per_member, 1) as per_member
from marts.fct_team_leaderboard
where contest_id = 'all_time'
order by rank, team_name
