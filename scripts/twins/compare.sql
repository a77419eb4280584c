-- Step 4 of 5: the pairs of a new record and an earlier one, with the things that differ.

-- (Earlier.whole brings names and places to what was found.)
create or replace temp table twin_near as
select
    * exclude (ids, texts),
    {read}
from (
    select
        found.report_id,
        reports.site_id,
        reports.time_zone,
        reports.member,
        {cleaned},
        date_trunc('second', occurred_at) as moment,
        twin_key(twin_act(user_id, category, action, label), occurred_at) as loose_key,
        twin_second(occurred_at, action) as second_key
    from {whole} as found
    inner join twin_reports as reports on found.report_id = reports.report_id
    where cast(occurred_at as date) in (select day from twin_days)
);

-- Each pair of a sampled record and an old one that are the same in all but one thing or two, with these things.
create or replace temp table twin_pairs as
with joined as (
    -- At another time,
    select new_record, old_record, true as is_moved
    from twin_near as old_record
    inner join twin_sample as new_record on old_record.loose_key = new_record.loose_key
    where new_record.moment <> old_record.moment
    union all
    -- or at the same second in other words.
    select new_record, old_record, false
    from twin_near as old_record
    inner join twin_sample as new_record on old_record.second_key = new_record.second_key
    where
        -- A label that a program changed may be any text; then all else is the same.
        (
            new_record.plain = old_record.plain
            or new_record.plain[1] = old_record.plain[1]
            and new_record.action is not distinct from old_record.action
            and new_record.user_id is not distinct from old_record.user_id
            and new_record.content_id is not distinct from old_record.content_id
        )
        and (
            new_record.user_id is not distinct from old_record.user_id
            or new_record.folded[1] = old_record.folded[1]
            -- An id of another form, or none, is the same person's where the address says so; another form without an
            -- address where the name does.
            or (new_record.user_id is null) <> (old_record.user_id is null) and new_record.email = old_record.email
            or new_record.user_id is not null and old_record.user_id is not null
            and case
                when new_record.email is not null and old_record.email is not null
                    then new_record.email = old_record.email
                else new_record.full_name <> '' and new_record.full_name = old_record.full_name
            end
        )
),
timed as (
    select
        new_record.record_number,
        new_record.moment as new_at,
        old_record.moment as old_at,
        old_record.report_id,
        old_record.site_id,
        new_record.user_id as user_id,
        old_record.user_id as old_user_id,
        user_id is not distinct from old_user_id as is_same_user,
        new_record.content_id as content_id,
        old_record.content_id as old_content_id,
        content_id is not distinct from old_content_id as is_same_content,
        (content_id is null) <> (old_content_id is null) as is_content_missing,
        new_record.folded[2] = old_record.folded[2] as is_like_content,
        new_record.category as category,
        old_record.category as old_category,
        new_record.action as action,
        new_record.label as label,
        old_record.label as old_label,
        category is not distinct from old_category
        and action is not distinct from old_record.action
        and label is not distinct from old_label as is_same_text,
        new_record.plain = old_record.plain as is_plain,
        case
            when not is_moved
                then hash(old_user_id, old_content_id, old_category, old_label, old_record.second_key)
        end as old_key,
        timezone(getvariable('twin_zone'), timezone('UTC', new_at)) as new_local,
        timezone(getvariable('twin_zone'), timezone('UTC', old_at)) as old_local,
        cast(epoch(new_at) - epoch(old_at) as bigint) as difference,
        -- At an hour that the clocks show twice, the zone of one of the two reports has one time for both.
        getvariable('twin_offset') = 0
        and abs(difference) in (1800, 3600)
        and (
            new_local = old_local
            or timezone(old_record.time_zone, timezone('UTC', new_at))
            = timezone(old_record.time_zone, timezone('UTC', old_at))
        ) as is_doubled,
        second(new_at) = 0 or second(old_at - to_seconds(getvariable('twin_offset'))) = 0 as is_without_seconds,
        is_moved
        and getvariable('twin_offset') = 0
        and year(new_local) = year(old_local)
        and day(new_local) = month(old_local)
        and month(new_local) = day(old_local)
        and new_local::date <> old_local::date
        and abs(epoch(new_local::time) - epoch(old_local::time)) < 60 as is_swapped
    from joined
    where coalesce(old_record.member < twin_member(new_record.record_number), true)
),
shifted as (
    select
        *,
        case when is_swapped or is_doubled then 0 else cast(round(difference / 900.0) as bigint) * 900 end as shift,
        case
            when is_swapped then cast(epoch(new_local::time) - epoch(old_local::time) as bigint)
            else difference - cast(round(difference / 900.0) as bigint) * 900
        end as seconds_off
    from timed
),
judged as (
    select
        record_number,
        new_at,
        old_at,
        report_id,
        site_id,
        case when is_same_user then content_id else user_id end as new_id,
        case when is_same_user then old_content_id else old_user_id end as old_id,
        shift + getvariable('twin_offset') as shift,
        is_plain,
        category,
        action,
        old_category,
        label,
        old_label,
        old_key,
        list_filter(
            [
                case when not is_same_user or not is_same_content and not is_content_missing then 'ids' end,
                case when is_content_missing then 'content' end,
                case when is_swapped then 'swap' end,
                case when shift + getvariable('twin_offset') <> 0 then 'shift' end,
                case when is_doubled then 'doubled' end,
                case when seconds_off <> 0 then 'seconds' end,
                case when site_id <> getvariable('twin_site') then 'site' end,
                case when not is_same_text then 'text' end
            ],
            lambda thing: thing is not null
        ) as things
    from shifted
    where
        (is_same_content or is_content_missing or is_like_content)
        and abs(shift + getvariable('twin_offset')) <= 26 * 3600
        and (seconds_off = 0 or is_without_seconds and abs(seconds_off) < 60 or abs(seconds_off) = 1 and shift = 0)
)
select * from judged where len(things) <= 2 and (is_plain or len(things) = 1);
