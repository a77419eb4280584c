-- The meaning of the categories and actions in the reports, by the aliases of the dictionary.
-- Grain: one row per site, category, action and label shape, as written in the reports.
-- The millions of records only look their pair up. The order (docs/decisions/0018): an alias as it is written,
-- then the same words in another form.

with pairs as (
    select * from {{ ref('base_juno__activity_pairs') }}
),

text_stems as (
    select * from {{ ref('base_juno__text_stems') }}
),

best_matches as (
    select * from {{ ref('base_juno__alias_matches') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

guide_aliases as (
    select * from {{ ref('activity_aliases') }}
),

alias_stems as (
    select * from {{ ref('base_juno__alias_stems') }}
),

word_meanings as (
    select * from {{ ref('base_juno__word_meanings') }}
),

stems as (
    select
        text,
        stem
    from text_stems
    where {{ is_no_word('stem', 'stop') }}
),

stems_without_doubt as (
    select
        text,
        stem
    from stems
    where {{ is_no_word('stem', 'doubt') }}
),

fillers as (
    select
        activity_type,
        stem
    from word_meanings
    where kind = 'filler'
),

-- The same words in another form: those of an alias or of the name of an activity, in any order and in both columns
-- together, and beside them none but fillers.
unmatched_pairs as (
    select distinct
        pairs.category,
        pairs.action,
        {{ label_state('pairs.label_shape') }} as label_state,
        pairs.label_shape
    from pairs
    left join best_matches
        on
            pairs.site_id = best_matches.site_id
            and pairs.category = best_matches.category
            and pairs.action = best_matches.action
            and pairs.label_shape = best_matches.label_shape
    where
        best_matches.site_id is null
        -- Sessions Joined with a bare number is a count, and no activity.
        and not (
            pairs.label_shape = 'number'
            and exists (
                select 1 from word_meanings
                where
                    word_meanings.kind = 'counted'
                    and {{ lowered("pairs.category || ' ' || pairs.action") }} like '%' || word_meanings.word || '%'
            )
        )
),

pair_stems as (
    select
        unmatched_pairs.category,
        unmatched_pairs.action,
        stems.stem
    from unmatched_pairs
    inner join stems on unmatched_pairs.category = stems.text
    union
    select
        unmatched_pairs.category,
        unmatched_pairs.action,
        stems.stem
    from unmatched_pairs
    inner join stems on unmatched_pairs.action = stems.text
),

known_stems as (
    select distinct
        guide_aliases.category_pattern || ' / ' || guide_aliases.action_pattern as known_pattern,
        guide_aliases.activity_type,
        alias_stems.stem,
        2 as precedence
    from guide_aliases
    inner join alias_stems
        on
            guide_aliases.category_pattern = alias_stems.category_pattern
            and guide_aliases.action_pattern = alias_stems.action_pattern
    -- An alias without a word of the category takes a number of stars, which is no word.
    where
        exists (
            select 1 from alias_stems as category_stems
            where
                guide_aliases.category_pattern = category_stems.category_pattern
                and guide_aliases.action_pattern = category_stems.action_pattern
                and category_stems.is_of_category
        )
    union all
    select
        activity_types.activity_name as known_pattern,
        activity_types.activity_type,
        stems.stem,
        3 as precedence
    from activity_types
    inner join stems on activity_types.activity_name = stems.text
    where activity_types.evidence = 'guide'
),

known_patterns as (
    select
        known_pattern,
        activity_type,
        precedence,
        count(*) as stem_count
    from known_stems
    group by 1, 2, 3
),

equivalents as (
    select distinct
        stem,
        stem as stands_for,
        cast(null as {{ dbt.type_string() }}) as activity_type
    from known_stems
    union all
    select
        stem,
        stands_for,
        activity_type
    from word_meanings
    where kind = 'same'
),

covered_stems as (
    select
        pair_stems.category,
        pair_stems.action,
        pair_stems.stem,
        known_stems.known_pattern,
        known_stems.activity_type,
        known_stems.stem as known_stem
    from pair_stems
    inner join equivalents on pair_stems.stem = equivalents.stem
    inner join known_stems
        on
            equivalents.stands_for = known_stems.stem
            and (equivalents.activity_type is null or equivalents.activity_type = known_stems.activity_type)
),

covered_patterns as (
    select
        covered_stems.category,
        covered_stems.action,
        covered_stems.known_pattern,
        covered_stems.activity_type,
        known_patterns.precedence,
        known_patterns.stem_count
    from covered_stems
    inner join known_patterns
        on
            covered_stems.known_pattern = known_patterns.known_pattern
            and covered_stems.activity_type = known_patterns.activity_type
    group by 1, 2, 3, 4, 5, 6
    having count(distinct covered_stems.known_stem) = known_patterns.stem_count
),

same_words as (
    select
        covered_patterns.category,
        covered_patterns.action,
        covered_patterns.known_pattern,
        covered_patterns.activity_type,
        covered_patterns.precedence,
        covered_patterns.stem_count
    from covered_patterns
    inner join pair_stems
        on covered_patterns.category = pair_stems.category and covered_patterns.action = pair_stems.action
    left join covered_stems
        on
            covered_patterns.category = covered_stems.category
            and covered_patterns.action = covered_stems.action
            and covered_patterns.known_pattern = covered_stems.known_pattern
            and covered_patterns.activity_type = covered_stems.activity_type
            and pair_stems.stem = covered_stems.stem
    left join fillers
        on
            pair_stems.stem = fillers.stem
            and (fillers.activity_type is null or covered_patterns.activity_type = fillers.activity_type)
    group by 1, 2, 3, 4, 5, 6
    having count(*) filter (where covered_stems.stem is null and fillers.stem is null) = 0
),

-- Poll - * written with another sign, in snake_case, or with the columns the other way round.
prefixes as (
    select
        -- (With an underscore, which stands for a blank as well.)
        {{ lowered("replace(replace(guide_aliases.category_pattern, ' - *', ''), ' ', '_')") }} as prefix,
        guide_aliases.category_pattern || ' / ' || guide_aliases.action_pattern as known_pattern,
        guide_aliases.activity_type,
        prefix_stems.stem as prefix_stem,
        alias_stems.stem
    from guide_aliases
    inner join stems as prefix_stems on guide_aliases.category_pattern = prefix_stems.text
    inner join alias_stems
        on
            guide_aliases.category_pattern = alias_stems.category_pattern
            and guide_aliases.action_pattern = alias_stems.action_pattern
            and not alias_stems.is_of_category
    where guide_aliases.category_pattern like '_% - *'
),

turned_pairs as (
    select
        category,
        action,
        {{ cleaned('category') }} as dynamic_text,
        action as fixed_text
    from unmatched_pairs
    union
    select
        category,
        action,
        {{ cleaned('action') }} as dynamic_text,
        category as fixed_text
    from unmatched_pairs
),

same_prefixes as (
    select distinct
        turned_pairs.category,
        turned_pairs.action,
        prefixes.known_pattern,
        prefixes.activity_type,
        1 as precedence,
        100 as stem_count
    from turned_pairs
    inner join prefixes
        on
            {{ lowered('turned_pairs.dynamic_text') }} like prefixes.prefix || '_%'
            and substr(turned_pairs.dynamic_text, length(prefixes.prefix) + 1, 1) in (' ', '_', ':', '-', '–', '—')
            -- Poll results - Which? is no answer to a poll: the word before the sign is no question.
            and not {{ is_match(
                "substr(turned_pairs.dynamic_text, length(prefixes.prefix) + 1)",
                "^[ _]+[^ _:–—-]+([ _]+[^ _:–—-]+)?([ _]+[-–—][ _]|:)"
            ) }}
    inner join stems as fixed_stems on turned_pairs.fixed_text = fixed_stems.text and prefixes.stem = fixed_stems.stem
    where
        not exists (
            select 1 from stems as others
            where turned_pairs.fixed_text = others.text and prefixes.stem <> others.stem
        )
        and exists (
            select 1 from stems_without_doubt
            where
                turned_pairs.dynamic_text = stems_without_doubt.text
                and prefixes.prefix_stem <> stems_without_doubt.stem
        )
),

same as (
    select * from same_words
    union all
    select * from same_prefixes
),

normalised_matches as (
    select
        unmatched_pairs.category,
        unmatched_pairs.action,
        unmatched_pairs.label_shape,
        same.known_pattern,
        same.activity_type,
        dense_rank() over (
            partition by unmatched_pairs.category, unmatched_pairs.action, unmatched_pairs.label_shape
            order by same.stem_count desc, same.precedence asc, guide_aliases.priority desc nulls last
        ) as match_rank
    from unmatched_pairs
    inner join same
        on unmatched_pairs.category = same.category and unmatched_pairs.action = same.action
    left join guide_aliases
        on
            same.known_pattern = guide_aliases.category_pattern || ' / ' || guide_aliases.action_pattern
            and same.activity_type = guide_aliases.activity_type
    where
        guide_aliases.activity_type is null
        or (
            guide_aliases.label_state in ('any', unmatched_pairs.label_state)
            and (
                {{ cleaned('guide_aliases.label_shape') }} is null
                or unmatched_pairs.label_shape = guide_aliases.label_shape
            )
        )
),

-- Words that fit two activities mean neither.
normalised as (
    select
        category,
        action,
        label_shape,
        min(activity_type) as activity_type,
        min(known_pattern) as alias_pattern
    from normalised_matches
    where match_rank = 1
    group by 1, 2, 3
    having count(distinct activity_type) = 1
),

final as (
    select
        pairs.site_id,
        pairs.category,
        pairs.action,
        pairs.label_shape,
        coalesce(best_matches.activity_type, normalised.activity_type, 'unrecognised') as activity_type,
        case
            when best_matches.activity_type is not null then best_matches.alias_evidence
            when normalised.activity_type is not null then 'normalised'
            else 'none'
        end as alias_evidence,
        coalesce(best_matches.alias_pattern, normalised.alias_pattern) as alias_pattern,
        normalised.activity_type is not null
        or coalesce(best_matches.is_guess and best_matches.alias_evidence = 'inferred', false) as is_to_confirm,
        coalesce(best_matches.best_type_count, 0) as best_type_count,
        pairs.record_count
    from pairs
    left join best_matches
        on
            pairs.site_id = best_matches.site_id
            and pairs.category = best_matches.category
            and pairs.action = best_matches.action
            and pairs.label_shape = best_matches.label_shape
    left join normalised
        on
            pairs.category = normalised.category
            and pairs.action = normalised.action
            and pairs.label_shape = normalised.label_shape
            and best_matches.activity_type is null
)

select * from final
