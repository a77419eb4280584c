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

alias_stems as (
    select * from {{ ref('base_juno__alias_stems') }}
),

word_meanings as (
    select * from {{ ref('base_juno__word_meanings') }}
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
        -- Words that a * took may mean something else, unless the guide or the site says so.
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

stems as (
    select
        text,
        stem
    from text_stems
    where {{ is_no_word('stem', 'stop') }}
),

doubts as (
    select distinct stem from word_meanings
    where kind = 'doubt'
),

text_words as (
    select
        stems.text,
        stems.stem,
        doubts.stem is not null as is_doubt,
        min(case when doubts.stem is null then 0 else 1 end) over (partition by stems.text) = 1 as is_all_doubt
    from stems
    left join doubts on stems.stem = doubts.stem
),

-- A word of doubt in what a * took refuses the match. Where the record would count for attendance, points or credits,
-- any word does that is not the activity's own. A text that is dynamic by the guide may hold any words, but not doubt
-- alone: a question may well ask of deleting.
guesses as (
    select distinct
        matches.category,
        matches.action,
        matches.category_pattern,
        matches.action_pattern,
        matches.activity_type,
        coalesce(activity_types.dynamic_column, '') like '%category%' as is_category_dynamic,
        coalesce(activity_types.dynamic_column, '') like '%action%' as is_action_dynamic,
        activity_types.point_rule_key is not null
        or activity_types.activity_family in ('session_events', 'credits') as is_explained_only
    from matches
    inner join activity_types on matches.activity_type = activity_types.activity_type
    where matches.is_guess
),

taken_words as (
    select
        guesses.*,
        text_words.stem,
        text_words.is_doubt,
        text_words.is_all_doubt,
        guesses.is_category_dynamic as is_dynamic
    from guesses
    inner join text_words on guesses.category = text_words.text
    union all
    select
        guesses.*,
        text_words.stem,
        text_words.is_doubt,
        text_words.is_all_doubt,
        guesses.is_action_dynamic as is_dynamic
    from guesses
    inner join text_words on guesses.action = text_words.text
),

doubted_matches as (
    select distinct
        taken_words.category,
        taken_words.action,
        taken_words.category_pattern,
        taken_words.action_pattern
    from taken_words
    left join alias_stems
        on
            taken_words.category_pattern = alias_stems.category_pattern
            and taken_words.action_pattern = alias_stems.action_pattern
            and taken_words.stem = alias_stems.stem
    left join word_meanings as own_words
        on
            own_words.kind in ('filler', 'own')
            and taken_words.stem = own_words.stem
            and (own_words.activity_type is null or taken_words.activity_type = own_words.activity_type)
    where
        alias_stems.stem is null
        and own_words.stem is null
        and case
            when taken_words.is_dynamic then taken_words.is_all_doubt
            else taken_words.is_doubt or taken_words.is_explained_only
        end
),

-- An alias that holds no word of the category takes a number of stars: no sentence, and nothing with an action that the
-- site means otherwise.
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
            or {{ label_shape('matches.category') }} not in ('blank', 'number', 'stars')
        )
),

-- Where the best alias is refused, a weaker one has no better reason: nothing is named.
ranked_matches as (
    select
        matches.site_id,
        matches.category,
        matches.action,
        matches.label_shape,
        matches.activity_type,
        matches.alias_evidence,
        matches.is_guess,
        coalesce(matches.category_pattern, '') || ' / ' || coalesce(matches.action_pattern, '') as alias_pattern,
        doubted_matches.category is not null or far_fetched_matches.category is not null as is_refused,
        dense_rank() over (
            partition by matches.site_id, matches.category, matches.action, matches.label_shape
            order by matches.precedence asc, matches.priority desc, matches.asks_for_shape desc
        ) as match_rank
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
    where match_rank = 1 and not is_refused
    group by 1, 2, 3, 4
)

select * from final
