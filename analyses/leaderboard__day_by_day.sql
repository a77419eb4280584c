-- How did the leaders move from day to day?
select
    history.standing_date,
    history.rank,
    users.full_name,
    history.points,
    history.movement
from marts.fct_leaderboard_history as history
inner join restricted.user_details as users on history.user_key = users.user_key
where history.contest_id = 'sample_summit' and history.rank <= 3
order by history.standing_date, history.rank, users.full_name
