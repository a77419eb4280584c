-- The best alias of each category and action, as it is written; nothing where no alias matches, or only a doubtful one.
-- Grain: one row per site, category, action and label shape that an alias matches.
-- Matching runs on thousands of distinct values; docs/decisions/0018 says what is doubted.

with pairs as (
    select * from {{ ref('base_juno__activity_pairs') }}
),

text_stems as (
    select * from {{ ref('base_juno__text_stems') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

guide_aliases as (
    select * from {{ ref('activity_aliases') }}
),

site_aliases as (
    select * from {{ ref('site_activity_aliases') }}
),

words as (
    select * from {{ ref('activity_words') }}
),

-- A site's own alias comes before every alias of the guide.
aliases as (
    select
        site_aliases.site_id,
        site_aliases.category_pattern,
        site_aliases.action_pattern,
        site_aliases.label_state,
        {{ cleaned('site_aliases.label_shape') }} as label_shape,
        site_aliases.activity_type,
        'site' as alias_evidence,
        1 as precedence,
        site_aliases.priority
    -- The file is the user's: an older one lacks the column label_shape, and then it is that of no_shape.
    from
        (select cast(null as {{ dbt.type_string() }}) as label_shape) as no_shape,
        lateral (
            select
                site_id,
                category_pattern,
                action_pattern,
                label_state,
                label_shape,
                activity_type,
                priority
            from site_aliases
        ) as site_aliases
    where {{ cleaned('site_aliases.activity_type') }} is not null
    union all
    select
        cast(null as {{ dbt.type_string() }}) as site_id,
        category_pattern,
        action_pattern,
        label_state,
        {{ cleaned('label_shape') }} as label_shape,
        activity_type,
        evidence as alias_evidence,
        2 as precedence,
        priority
    from guide_aliases
),

matches as (
    select
        pairs.site_id,
        pairs.category,
        pairs.action,
        pairs.label_shape,
        aliases.activity_type,
        aliases.alias_evidence,
        aliases.category_pattern,
        aliases.action_pattern,
        aliases.precedence,
        aliases.priority,
        aliases.label_shape is not null as asks_for_shape,
        -- What a * took need not be meant, unless the guide or the site says so.
        aliases.alias_evidence not in ('documented', 'site')
        and lower(coalesce(pairs.category, '') || '/' || coalesce(pairs.action, ''))
        <> replace(
            lower(coalesce(aliases.category_pattern, '') || '/' || coalesce(aliases.action_pattern, '')), '*', ''
        )
        and coalesce(aliases.category_pattern, '') || coalesce(aliases.action_pattern, '') like '%*%' as is_guess
    from pairs
    inner join aliases
        on
            (aliases.site_id is null or pairs.site_id = aliases.site_id)
            and aliases.label_state in ('any', {{ label_state('pairs.label_shape') }})
            and (aliases.label_shape is null or pairs.label_shape = aliases.label_shape)
            and {{ wildcard_match('pairs.category', 'aliases.category_pattern') }}
            and {{ wildcard_match('pairs.action', 'aliases.action_pattern') }}
),

meant_words as (
    select
        words.kind,
        words.activity_type,
        text_stems.stem,
        stands_for.stem as stands_for
    from words
    inner join text_stems on words.word = text_stems.text
    left join text_stems as stands_for on words.stands_for = stands_for.text
    where words.kind in ('stop', 'filler', 'same', 'doubt')
),

stems as (
    select
        text,
        stem
    from text_stems
    where
        stem not in (
            select meant_words.stem from meant_words
            where meant_words.kind = 'stop'
        )
),

alias_stems as (
    select
        guide_aliases.category_pattern,
        guide_aliases.action_pattern,
        stems.stem,
        stems.text = guide_aliases.category_pattern as is_of_category
    from guide_aliases
    inner join stems on guide_aliases.category_pattern = stems.text or guide_aliases.action_pattern = stems.text
),

fillers as (
    select
        activity_type,
        stem
    from meant_words
    where kind = 'filler'
),

-- Words that undo, prevent or tell of somebody else's doing.
doubts as (
    select stem from meant_words
    where kind = 'doubt'
    union
    select 'un' || stem from alias_stems
),

text_doubts as (
    select
        stems.text,
        stems.stem as any_stem,
        doubts.stem,
        min(case when doubts.stem is null then 0 else 1 end) over (partition by stems.text) = 1 as is_all_doubt
    from stems
    left join doubts on stems.stem = doubts.stem
),

-- Where the text is dynamic, a question may well ask of deleting; a single word of doubt is no question.
doubted_matches as (
    select distinct
        matches.category,
        matches.action,
        matches.category_pattern,
        matches.action_pattern
    from matches
    inner join activity_types on matches.activity_type = activity_types.activity_type
    inner join text_doubts
        on
            text_doubts.stem is not null
            and (
                text_doubts.is_all_doubt
                or coalesce(activity_types.dynamic_column, '') not like case
                    when matches.category = text_doubts.text then '%category%' else '%action%'
                end
            )
            and (matches.category = text_doubts.text or matches.action = text_doubts.text)
    left join alias_stems
        on
            matches.category_pattern = alias_stems.category_pattern
            and matches.action_pattern = alias_stems.action_pattern
            and text_doubts.stem = alias_stems.stem
    left join fillers
        on matches.activity_type = fillers.activity_type and text_doubts.stem = fillers.stem
    where matches.is_guess and alias_stems.stem is null and fillers.stem is null
),

-- An alias that holds no word of the category takes a number of stars, or a type of question: no sentence, and nothing
-- with an action that the site means otherwise.
wordless_aliases as (
    select
        category_pattern,
        action_pattern
    from guide_aliases
    where
        not exists (
            select 1 from alias_stems
            where
                guide_aliases.category_pattern = alias_stems.category_pattern
                and guide_aliases.action_pattern = alias_stems.action_pattern
                and alias_stems.is_of_category
        )
),

site_actions as (
    select distinct
        site_id,
        action,
        activity_type
    from matches
    where alias_evidence = 'site'
),

far_fetched_matches as (
    select distinct
        matches.site_id,
        matches.category,
        matches.action,
        matches.category_pattern,
        matches.action_pattern
    from matches
    inner join wordless_aliases
        on
            matches.category_pattern = wordless_aliases.category_pattern
            and matches.action_pattern = wordless_aliases.action_pattern
    left join site_actions
        on
            matches.site_id = site_actions.site_id
            and matches.action = site_actions.action
            and matches.activity_type <> site_actions.activity_type
    where
        matches.is_guess
        and (
            site_actions.action is not null
            or case
                when matches.category_pattern like '% - %'
                    then {{ regex_group('matches.category', "^( *(?:[^ .,;:!?]+ +){1,4}- )") }} is null
                else {{ label_shape('matches.category') }} not in ('blank', 'number', 'stars')
            end
        )
),

accepted_matches as (
    select matches.*
    from matches
    left join doubted_matches
        on
            matches.is_guess
            and matches.category = doubted_matches.category
            and matches.action = doubted_matches.action
            and matches.category_pattern = doubted_matches.category_pattern
            and matches.action_pattern = doubted_matches.action_pattern
    left join far_fetched_matches
        on
            matches.is_guess
            and matches.site_id = far_fetched_matches.site_id
            and matches.category = far_fetched_matches.category
            and matches.action = far_fetched_matches.action
            and matches.category_pattern = far_fetched_matches.category_pattern
            and matches.action_pattern = far_fetched_matches.action_pattern
    where doubted_matches.category is null and far_fetched_matches.category is null
),

ranked_matches as (
    select
        site_id,
        category,
        action,
        label_shape,
        activity_type,
        alias_evidence,
        is_guess,
        coalesce(category_pattern, '') || ' / ' || coalesce(action_pattern, '') as alias_pattern,
        dense_rank() over (
            partition by site_id, category, action, label_shape
            order by precedence asc, priority desc, asks_for_shape desc
        ) as match_rank
    from accepted_matches
),

final as (
    select
        site_id,
        category,
        action,
        label_shape,
        min(activity_type) as activity_type,
        min(alias_evidence) as alias_evidence,
        min(alias_pattern) as alias_pattern,
        min(is_guess) as is_guess,
        count(distinct activity_type) as best_type_count
    from ranked_matches
    where match_rank = 1
    group by 1, 2, 3, 4
)

select * from final
