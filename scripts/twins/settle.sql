-- Step 5 of 5: what texts are that differ (labels.py, which makes twin_words): letters that an encoding changed, labels
-- that are what people did, or names, which may be edited: then the records are the same activity.

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
        count(distinct coalesce(old_label, '')) over (
            partition by twin_member(record_number), category, action, new_id
        ) > 1 as has_texts
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
    or (twin_member(record_number), old_key) not in (
        select (twin_member(record_number), old_key) from settled where len(things) = 0 and old_key is not null
    );
