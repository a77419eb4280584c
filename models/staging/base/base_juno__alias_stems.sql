-- The words of each alias of the guide that say something, in their normal form.
-- Grain: one row per category pattern, action pattern and word stem.

with text_stems as (
    select * from {{ ref('base_juno__text_stems') }}
),

word_meanings as (
    select * from {{ ref('base_juno__word_meanings') }}
),

guide_aliases as (
    select * from {{ ref('activity_aliases') }}
),

final as (
    select
        guide_aliases.category_pattern,
        guide_aliases.action_pattern,
        text_stems.stem,
        max(case when text_stems.text = guide_aliases.category_pattern then 1 else 0 end) = 1 as is_of_category
    from guide_aliases
    inner join text_stems
        on guide_aliases.category_pattern = text_stems.text or guide_aliases.action_pattern = text_stems.text
    where {{ is_no_word('text_stems.stem', 'stop') }}
    group by 1, 2, 3
)

select * from final
