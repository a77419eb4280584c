-- Who leads in a contest without staff?
select
    leaderboard.contest_name,
    leaderboard.rank,
    users.full_name,
    leaderboard.points
from marts.fct_leaderboard as leaderboard
inner join restricted.user_details as users on leaderboard.user_key = users.user_key
where leaderboard.contest_id = 'sample_summit'
order by leaderboard.rank, users.full_name
limit 3
