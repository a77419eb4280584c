-- What earned the points of each contest.
select
    site_id,
    contest_name,
    rule_name,
    sum(award_count) as award_count,
    sum(points) as points
from marts.fct_leaderboard_actions
group by site_id, contest_name, rule_name
order by contest_name asc, points desc, rule_name asc, site_id asc
