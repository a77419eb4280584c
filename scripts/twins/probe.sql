-- Step 3 of 5: when the users of the probed records did the same, how much earlier by at most 26 hours, and the local
-- times at which they did it in the same content, whenever that was. compare.py puts in "where": the earlier records.

create or replace temp table twin_probed as
with probes as (
    select *, twin_member(record_number) as member from twin_probe
),
old_records as (
    select
        twin_act(user_id, category, action, label) as act,
        hash(act, content_id) as whole_act,
        date_trunc('second', occurred_at) as moment,
        member
    from ({where})
    where act in (select act from probes)
),
found as (
    select
        probes.member,
        any_value(probes.whole_act) as whole_act,
        any_value(written_user_id) as user_id,
        any_value(probes.moment) as moment,
        list(distinct old_records.moment) filter (
            where old_records.moment between probes.moment - interval 26 hour and probes.moment + interval 26 hour
        )[:51] as near,
        list(distinct old_records.moment) filter (where old_records.whole_act = probes.whole_act)[:51] as earlier
    from probes
    left join old_records
        on probes.act = old_records.act and coalesce(old_records.member < probes.member, true)
    group by probes.member, record_number
)
select
    member,
    whole_act,
    user_id,
    twin_local_second(moment) as second,
    list_transform(coalesce(near, []), lambda one: epoch(moment)::bigint - epoch(one)::bigint) as near,
    list_transform(coalesce(earlier, []), lambda one: twin_local_second(one)) as earlier
from found;
