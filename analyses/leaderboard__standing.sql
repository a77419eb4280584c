-- Who leads?
-- An estimate: the report carries no points. The rules: models/marts/leaderboard/leaderboard_rules.md.
select
    leaderboard.rank,
    users.full_name,
    leaderboard.points,
    leaderboard.points_to_next_place as to_next_place
from marts.fct_leaderboard as leaderboard
inner join restricted.user_details as users on leaderboard.user_key = users.user_key
where leaderboard.contest_id = 'all_time'
order by leaderboard.rank, users.full_name
limit 5
