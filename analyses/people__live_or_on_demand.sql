-- Who came only for the live sessions, and who only for the recordings?
select
    audience_kind,
    count(*) as people,
    round(avg(engagement_score))::int as mean_score
from marts.fct_user_engagement
group by audience_kind
order by people desc
