-- For likeness.py, which puts in "value" and "key". It reads what compare.sql has left.

-- Records of the sample that have no equal, each with the only earlier one of its second that agrees in all but one
-- column.
create or replace temp table twin_renamed as
with new_records as (
    select
        twin_member(record_number) as member,
        {key} as key,
        any_value(moment) as moment,
        any_value({value}) as new_value,
        any_value(full_name) as new_name,
        any_value(email) as new_email,
        any_value(hash(category, action, label, content_id)) as act
    from twin_sample
    where record_number not in (select record_number from twin_equals)
    group by 1, 2
    having count(*) = 1
),
old_records as (
    select
        {key} as key,
        member as old_member,
        any_value({value}) as old_value,
        any_value(report_id) as report_id,
        any_value(full_name) as old_name,
        any_value(email) as old_email
    from twin_near
    where {value} is not null
    group by 1, 2
    having count(distinct {value}) = 1
)
select
    member,
    any_value(moment) as moment,
    any_value(new_value) as new_value,
    any_value(act) as act,
    case when count(distinct old_value) = 1 then any_value(old_value) end as old_value,
    any_value(report_id) as report_id,
    coalesce(
        bool_or(new_name <> '' and old_name <> '' and new_name <> old_name or new_email <> old_email), false
    ) as is_other_name
from new_records
left join old_records
    on new_records.key = old_records.key
    and new_value is distinct from old_value
    and coalesce(old_member < member, true)
group by member, new_records.key;
