-- How many Talk Now calls were requested, accepted and canceled?
-- No record shows both sides of a call, so the steps are counted and not paired.
select
    call_step,
    count(*) as steps,
    count(distinct user_key) as people,
    count(*) filter (where is_canceled_by_requester) as taken_back
from marts.fct_calls
group by call_step
order by steps desc
