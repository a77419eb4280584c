-- Step 2 of 5: the earlier records that may be twins or equals. compare.py puts in "among": which records of the sample
-- count.

-- The days on which an old record can be a twin: those of the sample, and the same with day and month exchanged.
create or replace temp table twin_days as
with days as (
    select distinct cast(moment as date) as day from twin_sample
    where {among}
),
either as (
    select day from days
    union
    select make_date(year(day), day(day), month(day)) from days where day(day) <= 12
)
select distinct day + unnest([-2, -1, 0, 1, 2]) as day from either;
set variable twin_from = (select cast(min(day) as timestamp) from twin_days);
set variable twin_to = (select cast(max(day) as timestamp) + interval 1 day from twin_days);

create or replace temp table twin_first_found as
select * exclude (coarse_act)
from (select *, twin_coarse_act(user_id, action) as coarse_act from twin_old)
where
    occurred_at >= getvariable('twin_from')
    and occurred_at < getvariable('twin_to')
    and (
        twin_coarse(coarse_act, occurred_at) in (select coarse_key from twin_sample)
        or twin_second(occurred_at, action) in (select second_key from twin_sample)
        or coarse_act in (select coarse_act from twin_probe)
    );

create or replace temp table twin_found as
select * from twin_first_found
where
    twin_key(twin_act(user_id, category, action, label), occurred_at) in (select loose_key from twin_sample)
    or twin_second(occurred_at, action) in (select second_key from twin_sample);
