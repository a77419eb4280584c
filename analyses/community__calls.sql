-- Do Talk Now calls come about?
-- Who called whom is in no record: the steps are counted, not paired.
select
    call_step,
    count(*) as steps,
    count(distinct user_key) as people,
    count(*) filter (where is_canceled_by_requester) as taken_back
from marts.fct_calls
group by call_step
order by steps desc
