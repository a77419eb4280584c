-- How the first ten of each contest came to their points.
with leaders as (
    select
        contest_id,
        user_key,
        row_number() over (partition by site_id, contest_id order by rank, user_key) as place_number
    from marts.fct_leaderboard
)

select
    history.site_id,
    history.contest_name,
    history.standing_date,
    coalesce(users.full_name, history.user_id) as full_name,
    history.rank,
    history.points
from marts.fct_leaderboard_history as history
inner join leaders on history.contest_id = leaders.contest_id and history.user_key = leaders.user_key
left join restricted.user_details as users on history.user_key = users.user_key
where leaders.place_number <= 10
order by history.contest_name, history.standing_date, history.rank, history.user_key
