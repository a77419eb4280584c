-- What earned the leader the points?
select
    actions.rule_name,
    actions.award_count as awards,
    actions.points
from marts.fct_leaderboard_actions as actions
inner join marts.fct_leaderboard as leaderboard
    on actions.contest_id = leaderboard.contest_id and actions.user_key = leaderboard.user_key
where leaderboard.contest_id = 'all_time' and leaderboard.rank = 1
order by actions.points desc, actions.rule_name asc
