-- The comparison of a new report with earlier ones (twins.py). It reads two views with columns of raw.activities:
-- twin_new, a sample of the records that would land, and twin_old, what earlier records say, with their times moved by
-- twin_offset seconds.

-- What twins.py puts in (CLEANED, READ): the ids and texts of a record as lists, and their columns.

-- The place of a report among several that are compared at once (twins.py, MEMBER).
create or replace temp macro twin_member(record_number) as record_number // 1000000000;
-- An id without letter case, leading zeros, a decimal point with zeros, and signs.
create or replace temp macro twin_folded(value) as
    ltrim(regexp_replace(regexp_replace(lower(value), '\.0+\s*$', ''), '[^\p{L}\p{N}]', '', 'g'), '0');
-- A text without the letters that a wrong encoding changes.
create or replace temp macro twin_plain(value) as regexp_replace(
    nfc_normalize(coalesce(value, '')), '[^\x20-\x7e]+|\?', '', 'g'
);
-- A text in composed letters, whatever blanks and ends of lines it has.
create or replace temp macro twin_written(value) as regexp_replace(
    nfc_normalize(coalesce(value, '')), '[\p{Z}\p{C}]+', ' ', 'g'
);
-- Whether a wrong encoding may have changed a text. It never leaves English letters alone.
create or replace temp macro twin_is_encoded(value, other) as
    twin_written(value) <> twin_written(other)
    and regexp_matches(twin_written(value), '[^\x20-\x7e]')
    and regexp_matches(twin_written(other), '[^\x20-\x7e]');
-- The activity of a user, at whatever time.
create or replace temp macro twin_act(user_id, category, action, label) as hash(
    ltrim(lower(user_id), '0'), category, action, coalesce(label, '')
);
-- The same on a page, as it is written.
create or replace temp macro twin_whole_act(user_id, category, action, label, content_id) as hash(
    twin_act(user_id, category, action, label), content_id
);
-- The second by the clock of the new report's zone.
create or replace temp macro twin_local_second(moment) as
    epoch(timezone(getvariable('twin_zone'), timezone('UTC', moment)))::bigint;
-- The part that stays the same where a time was moved by quarters of an hour, lost its seconds, or has day and month swapped.
create or replace temp macro twin_key(act, occurred_at) as hash(act, minute(occurred_at) % 15);
create or replace temp macro twin_second(occurred_at, action) as hash(epoch_us(occurred_at) // 1000000, action);
-- Coarser keys than the first, because they are calculated for every earlier record: 50 nanoseconds each.
create or replace temp macro twin_coarse_act(user_id, action) as hash(right(user_id, 4), action);
create or replace temp macro twin_coarse(coarse_act, occurred_at) as xor(
    coarse_act, cast(minute(occurred_at) % 15 as ubigint)
);

-- A few of the records that share a second, or a user, a text and a minute: each of them meets all old ones like it.
create or replace temp table twin_sample as
-- (Read before the few are picked, which DuckDB gives in pieces: it compiles the patterns again for each piece.)
with sampled as (
    select
        * exclude (ids, texts),
        {read}
    from (
        select
            record_number,
            {cleaned},
            date_trunc('second', occurred_at) as moment,
            user_id as written_user_id,
            twin_whole_act(user_id, category, action, label, content_id) as whole_act,
            twin_act(user_id, category, action, label) as act,
            twin_key(act, occurred_at) as loose_key,
            twin_second(occurred_at, action) as second_key,
            twin_coarse_act(user_id, action) as coarse_act,
            twin_coarse(coarse_act, occurred_at) as coarse_key
        from twin_new
        where occurred_at is not null
    )
)

select *
from sampled
qualify
    row_number() over (partition by twin_member(record_number), moment order by record_number)
    <= getvariable('twin_alike')
    and row_number() over (partition by twin_member(record_number), loose_key order by record_number)
    <= getvariable('twin_alike');

-- Some of them that are looked for at any time, to find a clock that runs late.
create or replace temp table twin_probe as
select
    record_number,
    act,
    coarse_act,
    moment,
    written_user_id,
    whole_act,
    row_number() over (partition by twin_member(record_number) order by hash(record_number)) as place
from (
    select *
    from twin_sample
    qualify row_number() over (partition by twin_member(record_number), act order by record_number) <= 3
)
qualify place <= getvariable('twin_probes');

create or replace temp table twin_equals (record_number bigint, new_at timestamp);

-- {step}
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

-- {step}
-- When the users of the probed records did the same: how much earlier by at most 26 hours, and the local times at which
-- they did it in the same content, whenever that was.
create or replace temp table twin_probed as
with probes as (
    select *, twin_member(record_number) as member from twin_probe
    where place <= {probes}
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

-- {step}
-- (Earlier.whole brings names and places to what was found.)
create or replace temp table twin_near as
select
    * exclude (ids, texts),
    {read}
from (
    select
        found.report_id,
        reports.site_id,
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
with moved as (
    select
        new_record.record_number,
        new_record.moment as new_at,
        old_record.moment as old_at,
        old_record.report_id,
        old_record.site_id,
        new_record.user_id is not distinct from old_record.user_id as is_same_user,
        new_record.content_id,
        old_record.content_id as old_content_id,
        new_record.folded[2] = old_record.folded[2] as is_like_content,
        new_record.user_id,
        old_record.user_id as old_user_id,
        true as is_same_text,
        true as is_plain,
        null as category,
        null as action,
        null as old_category,
        null as label,
        null as old_label,
        null as old_key,
        timezone(getvariable('twin_zone'), timezone('UTC', new_record.moment)) as new_local,
        timezone(getvariable('twin_zone'), timezone('UTC', old_record.moment)) as old_local
    from twin_near as old_record
    inner join twin_sample as new_record on old_record.loose_key = new_record.loose_key
    where
        new_record.moment <> old_record.moment
        and coalesce(old_record.member < twin_member(new_record.record_number), true)
),
same_second as (
    select
        new_record.record_number,
        new_record.moment as new_at,
        old_record.moment as old_at,
        old_record.report_id,
        old_record.site_id,
        new_record.user_id is not distinct from old_record.user_id as is_same_user,
        new_record.content_id,
        old_record.content_id as old_content_id,
        new_record.folded[2] = old_record.folded[2] as is_like_content,
        new_record.user_id,
        old_record.user_id as old_user_id,
        new_record.category is not distinct from old_record.category
        and new_record.action is not distinct from old_record.action
        and new_record.label is not distinct from old_record.label as is_same_text,
        new_record.plain = old_record.plain as is_plain,
        new_record.category,
        new_record.action,
        old_record.category as old_category,
        new_record.label,
        old_record.label as old_label,
        hash(
            old_record.user_id, old_record.content_id, old_record.category, old_record.label, old_record.second_key
        ) as old_key,
        new_record.moment as new_local,
        old_record.moment as old_local
    from twin_near as old_record
    inner join twin_sample as new_record on old_record.second_key = new_record.second_key
    where
        coalesce(old_record.member < twin_member(new_record.record_number), true)
        -- A label that a program changed may be any text; then all else is the same.
        and (
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
        *,
        content_id is not distinct from old_content_id as is_same_content,
        (content_id is null) <> (old_content_id is null) as is_content_missing,
        cast(epoch(new_at) - epoch(old_at) as bigint) as difference,
        second(new_at) = 0 or second(old_at - to_seconds(getvariable('twin_offset'))) = 0 as is_without_seconds,
        getvariable('twin_offset') = 0
        and year(new_local) = year(old_local)
        and day(new_local) = month(old_local)
        and month(new_local) = day(old_local)
        and new_local::date <> old_local::date
        and abs(epoch(new_local::time) - epoch(old_local::time)) < 60 as is_swapped
    from (
        select * from moved
        union all
        select * from same_second
    )
),
shifted as (
    select
        *,
        case when is_swapped then 0 else cast(round(difference / 900.0) as bigint) * 900 end as shift,
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

-- {step}
-- What texts are that differ (twin_labels.py, where twin_words is made): letters that an encoding changed, labels that
-- are what people did, or names, which may be edited: then the records are the same activity.
create or replace temp table twin_pairs as
with differing as (
    select
        *,
        is_plain and (
            twin_is_encoded(category, old_category) or twin_is_encoded(label, old_label)
        ) as is_encoded,
        label is distinct from old_label as is_other_label,
        category is distinct from old_category as is_other_category,
        -- All records of a page have its name; what people wrote differs.
        count(distinct coalesce(old_label, '')) over (partition by category, action, new_id) > 1 as has_texts
    from twin_pairs
    where list_contains(things, 'text')
),
settled as (
    select
        differing.* exclude (is_encoded, is_other_label, is_other_category, has_texts)
        replace (
            case
                when is_encoded then things
                when
                    case
                        when words.is_label_identity is null then is_other_category or has_texts
                        else words.is_label_identity and is_other_label
                    end
                    then list_transform(things, lambda thing: case when thing = 'text' then 'label' else thing end)
                else list_filter(things, lambda thing: thing <> 'text')
            end as things
        )
    from differing
    left join twin_words as words
        on differing.category is not distinct from words.category and differing.action is not distinct from words.action
    union all
    select * from twin_pairs where not list_contains(things, 'text')
)
select * from settled
where
    not list_contains(things, 'label')
    -- A record that has its equal is no twin of another: of two messages in one second one may be new.
    or old_key not in (select old_key from settled where len(things) = 0 and old_key is not null);

-- {step}
create or replace temp table twin_equals as
select distinct record_number, new_at from twin_pairs where len(things) = 0;
