-- The standing of each contest, and where each stood the day before.
select
    leaderboard.site_id,
    leaderboard.user_key,
    leaderboard.contest_name,
    leaderboard.rank,
    coalesce(users.full_name, leaderboard.user_id) as full_name,
    users.company,
    leaderboard.points,
    leaderboard.points_to_next_place,
    history.movement,
    (select count(*) from marts.fct_leaderboard) as total_row_count
from marts.fct_leaderboard as leaderboard
left join restricted.user_details as users on leaderboard.user_key = users.user_key
left join marts.fct_leaderboard_history as history
    on
        leaderboard.contest_id = history.contest_id
        and leaderboard.user_key = history.user_key
        and history.is_latest
order by leaderboard.rank, leaderboard.contest_name, leaderboard.user_key
