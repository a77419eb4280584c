-- Step 1 of 5 (compare.py): the records of the new report that are compared, and the macros of all steps. The steps read
-- two views with columns of raw.activities: twin_new, a sample of the records that would land, and twin_old, what earlier
-- records say, with their times moved by twin_offset seconds.
-- compare.py puts in "cleaned" and "read": the ids and texts of a record as lists, and their columns.

-- The place of a report among several that are compared at once (MEMBER in compare.py).
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

-- Ten of the records that share a second, or a user, a text and a minute: each of them meets all old ones like it.
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
    row_number() over (partition by twin_member(record_number), moment order by record_number) <= 10
    and row_number() over (partition by twin_member(record_number), loose_key order by record_number) <= 10;

-- Some of them that are looked for at any time, to find a clock that runs late.
create or replace temp table twin_probe as
select
    record_number,
    act,
    coarse_act,
    moment,
    written_user_id,
    whole_act
from (
    select *
    from twin_sample
    qualify row_number() over (partition by twin_member(record_number), act order by record_number) <= 3
)
qualify
    row_number() over (partition by twin_member(record_number) order by hash(record_number))
    <= getvariable('twin_probes');

-- Those that have their equal (compare.py).
create or replace temp table twin_equals (record_number bigint, new_at timestamp);
