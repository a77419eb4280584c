-- The meanings of the words of the dictionary, in their normal form, for matching and ranking.
-- Grain: one row per kind, activity type, word stem and stem that it stands for.

with text_stems as (
    select * from {{ ref('base_juno__text_stems') }}
),

words as (
    select * from {{ ref('activity_words') }}
),

clues as (
    select * from {{ ref('activity_clues') }}
),

guide_aliases as (
    select * from {{ ref('activity_aliases') }}
),

meanings as (
    select
        words.kind,
        words.activity_type,
        text_stems.stem,
        stands_for.stem as stands_for,
        words.word
    from words
    inner join text_stems on words.word = text_stems.text
    left join text_stems as stands_for on words.stands_for = stands_for.text
    where words.kind <> 'form'
    union all
    -- The things and deeds of an activity.
    select
        'own' as kind,
        clues.activity_type,
        text_stems.stem,
        cast(null as {{ dbt.type_string() }}) as stands_for,
        clues.value as word
    from clues
    inner join text_stems on clues.value = text_stems.text
    where clues.clue in ('thing', 'deed')
    union all
    -- unliked and disliked take back what an alias calls liked.
    select
        'negation' as kind,
        cast(null as {{ dbt.type_string() }}) as activity_type,
        prefixes.prefix || text_stems.stem as stem,
        cast(null as {{ dbt.type_string() }}) as stands_for,
        prefixes.prefix || text_stems.stem as word
    from (
        select 'un' as prefix
        union all
        select 'dis' as prefix
    ) as prefixes
    cross join guide_aliases
    inner join text_stems
        on guide_aliases.category_pattern = text_stems.text or guide_aliases.action_pattern = text_stems.text
),

final as (
    select
        case when kind = 'negation' then 'doubt' else kind end as kind,
        activity_type,
        stem,
        stands_for,
        min(word) as word,
        coalesce(bool_or(kind = 'negation'), false) as is_negation
    from meanings
    group by 1, 2, 3, 4
)

select * from final
