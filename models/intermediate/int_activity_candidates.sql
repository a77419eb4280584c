-- Which activity types a category and action that no alias knows might mean, ranked for a person. It names nothing.
-- Grain: one row per site, category, action and candidate, three at most.
-- A candidate has a minimum score and a word of the activity: labels and pages alone say little. A word that says that
-- it did not happen, or takes it back, leaves it out.
-- The score adds what seeds/activity_clues.csv says of words, labels, pages and behaviour: docs/decisions/0018.

{%- set lowest_score = 0.3 %}

with activities as {{ not_materialized() }} (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate
),

report_pairs as (
    select * from {{ ref('base_juno__report_pairs') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

word_meanings as (
    select * from {{ ref('base_juno__word_meanings') }}
),

clues as (
    select * from {{ ref('activity_clues') }}
),

text_stems as (
    select * from {{ ref('base_juno__text_stems') }}
),

users as (
    select * from {{ ref('int_users') }}
),

content_names as (
    select * from {{ ref('int_content_names') }}
),

unrecognised as (
    select
        site_id,
        category,
        action,
        -- One key for what all below is asked of.
        site_id || chr(31) || category || chr(31) || action as pair_key,
        label,
        user_id,
        content_id,
        occurred_at
    from activities
    where activity_type = 'unrecognised'
),

pairs as (
    select
        pair_key,
        site_id,
        category,
        action,
        count(*) as activity_count,
        cast(count(content_id) as double) / count(*) as page_ratio,
        cast(count(*) as double)
        / count(distinct coalesce(user_id, '') || chr(31) || coalesce(content_id, '')) as repetition
    from unrecognised
    group by 1, 2, 3, 4
),

-- Words
pair_stems as (
    select
        pairs.pair_key,
        text_stems.stem
    from pairs
    inner join text_stems on pairs.category = text_stems.text
    union
    select
        pairs.pair_key,
        text_stems.stem
    from pairs
    inner join text_stems on pairs.action = text_stems.text
),

-- Fillers say little and stop words nothing, but click is what some activities are.
telling_stems as (
    select
        pair_stems.*,
        count(*) over (partition by pair_stems.pair_key) as stem_count
    from pair_stems
    where
        pair_stems.stem not in (
            select word_meanings.stem from word_meanings
            where word_meanings.kind in ('stop', 'filler') and word_meanings.activity_type is null
        )
),

meanings as (
    select
        stem,
        stem as stands_for,
        cast(null as {{ dbt.type_string() }}) as activity_type,
        1.0 as closeness,
        cast(null as {{ dbt.type_string() }}) as word
    from pair_stems
    union
    select
        stem,
        stands_for,
        activity_type,
        case kind when 'same' then 0.95 when 'near' then 0.8 else 0.5 end as closeness,
        min(word) as word
    from word_meanings
    where kind in ('same', 'near', 'far')
    group by 1, 2, 3, 4
),

word_matches as (
    select
        pair_stems.pair_key,
        pair_stems.stem,
        clues.activity_type,
        clues.clue,
        clues.value as clue_word,
        meanings.closeness,
        clues.weight * meanings.closeness as weight,
        coalesce(meanings.word || ' ~ ', '') || clues.value as in_words,
        row_number() over (
            partition by pair_stems.pair_key, clues.activity_type, pair_stems.stem
            order by
                clues.weight * meanings.closeness desc, clues.clue desc, clues.value asc, meanings.word asc nulls first
        ) as match_rank
    from pair_stems
    inner join meanings on pair_stems.stem = meanings.stem
    inner join text_stems as clue_stems on meanings.stands_for = clue_stems.stem
    inner join clues
        on
            clue_stems.text = clues.value
            and clues.clue in ('thing', 'deed')
            and (meanings.activity_type is null or meanings.activity_type = clues.activity_type)
),

-- A word counts once for a type, as a thing or as a deed. Of several things the best counts, and the others a little.
word_sums as (
    select
        pair_key,
        activity_type,
        coalesce(max(case when clue = 'thing' then weight end), 0) as thing_weight,
        coalesce(sum(case when clue = 'thing' then weight end), 0) as thing_sum,
        coalesce(max(case when clue = 'deed' then weight end), 0) as deed_weight,
        {{ dbt.listagg("in_words", "' + '", "order by clue desc, weight desc, in_words") }} as matched_words
    from word_matches
    where match_rank = 1
    group by 1, 2
),

-- Unexplained words, such as waitlist after joined, may turn the meaning round.
coverage as (
    select
        telling_stems.pair_key,
        word_sums.activity_type,
        cast(coalesce(sum(word_matches.closeness), 0) as double) / max(telling_stems.stem_count) as covered_ratio,
        cast(count(coalesce(word_matches.stem, fillers.stem)) as double) / max(telling_stems.stem_count)
            as explained_ratio
    from telling_stems
    inner join word_sums on telling_stems.pair_key = word_sums.pair_key
    left join word_matches
        on
            telling_stems.pair_key = word_matches.pair_key
            and telling_stems.stem = word_matches.stem
            and word_sums.activity_type = word_matches.activity_type
            and word_matches.match_rank = 1
    left join word_meanings as fillers
        on
            fillers.kind = 'filler'
            and telling_stems.stem = fillers.stem
            and word_sums.activity_type = fillers.activity_type
    group by 1, 2
),

doubts as (
    select
        pair_stems.pair_key,
        pair_stems.stem,
        min(word_meanings.word) as word,
        bool_or(word_meanings.is_negation) as is_negation
    from pair_stems
    inner join word_meanings on pair_stems.stem = word_meanings.stem and word_meanings.kind = 'doubt'
    group by 1, 2
),

-- A word of doubt that is the deed of the type itself, such as cancel or update, is none. But cancel is that of a hand
-- only beside the hand.
doubted as (
    select
        word_sums.pair_key,
        word_sums.activity_type,
        min(doubts.word) as doubt_word,
        bool_or(doubts.is_negation) as is_negated
    from word_sums
    inner join doubts on word_sums.pair_key = doubts.pair_key
    left join word_matches
        on
            word_sums.pair_key = word_matches.pair_key
            and word_sums.activity_type = word_matches.activity_type
            and doubts.stem = word_matches.stem
    where word_matches.stem is null or (doubts.is_negation and word_sums.thing_weight = 0)
    group by 1, 2
),

-- Labels
labels as (
    select
        pair_key,
        site_id,
        label,
        user_id,
        count(*) as label_count
    from unrecognised
    group by 1, 2, 3, 4
),

names as (
    select
        site_id,
        {{ folded("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }} as person_name,
        min(user_id) as user_id
    from users
    group by 1, 2
),

contents as (
    select distinct
        site_id,
        {{ folded('content_name') }} as content_name
    from content_names
),

label_kinds as (
    select
        labels.pair_key,
        labels.label_count,
        case
            when names.user_id = labels.user_id then 'own_name'
            when names.user_id is not null then 'person'
            when contents.content_name is not null then 'content'
            when {{ label_shape('labels.label') }} <> 'text' then {{ label_shape('labels.label') }}
            when labels.label like '%?' then 'question'
            when {{ word_count('labels.label') }} >= 4 then 'sentence'
            else 'text'
        end as label_kind
    from labels
    left join names on labels.site_id = names.site_id and {{ folded('labels.label') }} = names.person_name
    left join contents on labels.site_id = contents.site_id and {{ folded('labels.label') }} = contents.content_name
),

-- A question is a sentence as well.
label_shares as (
    select
        label_kinds.pair_key,
        label_kinds.label_kind,
        cast(sum(label_kinds.label_count) as double) / max(pairs.activity_count) as share
    from label_kinds
    inner join pairs on label_kinds.pair_key = pairs.pair_key
    group by 1, 2
),

-- Behaviour: the same people leave later, by a record that is known or by one whose words say so.
leaves as (
    select
        site_id,
        user_id,
        content_id,
        cast(null as {{ dbt.type_string() }}) as pair_key,
        max(occurred_at) as left_at
    from activities
    where activity_type = 'session_left'
    group by 1, 2, 3
    union all
    select
        unrecognised.site_id,
        unrecognised.user_id,
        unrecognised.content_id,
        unrecognised.pair_key,
        max(unrecognised.occurred_at) as left_at
    from unrecognised
    inner join word_sums on unrecognised.pair_key = word_sums.pair_key
    where word_sums.activity_type = 'session_left' and word_sums.deed_weight > 0.9
    group by 1, 2, 3, 4
),

visits as (
    select
        pair_key,
        site_id,
        user_id,
        content_id,
        min(occurred_at) as came_at
    from unrecognised
    where content_id is not null
    group by 1, 2, 3, 4
),

left_later as (
    select
        visits.pair_key,
        count(*) as visit_count,
        count(*) filter (
            where exists (
                select 1 from leaves
                where
                    visits.site_id = leaves.site_id
                    and visits.user_id = leaves.user_id
                    and visits.content_id = leaves.content_id
                    and visits.came_at < leaves.left_at
                    and (leaves.pair_key is null or visits.pair_key <> leaves.pair_key)
            )
        ) as left_count
    from visits
    group by 1
),

-- The facts that were seen about each pair, by the names of the clues, with their shares.
observations as (
    select
        pair_key,
        'label' as clue,
        label_kind as value,
        share
    from label_shares
    union all
    select
        pair_key,
        'label' as clue,
        'sentence' as value,
        share
    from label_shares
    where label_kind = 'question'
    union all
    select
        pair_key,
        'page' as clue,
        'on' as value,
        page_ratio as share
    from pairs
    union all
    select
        pair_key,
        'page' as clue,
        'off' as value,
        1 - page_ratio as share
    from pairs
    union all
    select
        pair_key,
        'behaviour' as clue,
        case when repetition >= 1.5 then 'repeated' else 'once' end as value,
        1.0 as share
    from pairs
    union all
    select
        pair_key,
        'behaviour' as clue,
        'leave_later' as value,
        cast(left_count as double) / visit_count as share
    from left_later
),

observed as (
    select
        observations.pair_key,
        clues.activity_type,
        sum(observations.share * clues.weight) as observed_weight,
        max(case when clues.clue = 'label' and clues.weight > 0 and observations.share > 0.5 then clues.value end)
            as label_kind,
        max(case when clues.clue = 'page' and clues.weight > 0 and observations.share > 0.5 then clues.value end)
            as page,
        max(case when clues.clue = 'behaviour' and clues.weight > 0 and observations.share > 0.5 then clues.value end)
            as behaviour
    from observations
    inner join clues on observations.clue = clues.clue and observations.value = clues.value
    where observations.share > 0
    group by 1, 2
),

-- Siblings: other actions of the category that are named.
named_categories as (
    select distinct
        report_pairs.site_id,
        report_pairs.category,
        activity_types.activity_family
    from report_pairs
    inner join activity_types on report_pairs.activity_type = activity_types.activity_type
    where report_pairs.activity_type <> 'unrecognised'
),

siblings as (
    select distinct
        named_categories.site_id,
        named_categories.category,
        activity_types.activity_type
    from named_categories
    inner join pairs
        on named_categories.site_id = pairs.site_id and named_categories.category = pairs.category
    inner join activity_types on named_categories.activity_family = activity_types.activity_family
),

scored as (
    select
        pairs.pair_key,
        word_sums.activity_type,
        word_sums.matched_words,
        doubted.doubt_word,
        observed.label_kind,
        observed.page,
        observed.behaviour,
        siblings.activity_type is not null as has_sibling,
        round(cast(least(1, greatest(
            0,
            case when doubted.doubt_word is null then 1 else 0.6 end
            * greatest(0.4, coalesce(coverage.explained_ratio, 1)) * (
                0.75 * (
                    0.45 * least(
                        1.1, 0.75 * coalesce(word_sums.thing_weight, 0) + 0.25 * coalesce(word_sums.thing_sum, 0)
                    )
                    + 0.35 * coalesce(word_sums.deed_weight, 0)
                    + 0.2 * coalesce(coverage.covered_ratio, 0)
                )
                + coalesce(observed.observed_weight, 0)
                + case when siblings.activity_type is not null then 0.05 else 0 end
            )
        )) as double), 3) as score
    from pairs
    inner join word_sums on pairs.pair_key = word_sums.pair_key
    left join coverage
        on
            word_sums.pair_key = coverage.pair_key
            and word_sums.activity_type = coverage.activity_type
    left join doubted
        on
            word_sums.pair_key = doubted.pair_key
            and word_sums.activity_type = doubted.activity_type
    left join observed
        on
            pairs.pair_key = observed.pair_key
            and word_sums.activity_type = observed.activity_type
    left join siblings
        on
            pairs.site_id = siblings.site_id
            and pairs.category = siblings.category
            and word_sums.activity_type = siblings.activity_type
    where not coalesce(doubted.is_negated, false)
),

ranked as (
    select
        *,
        row_number() over (
            partition by pair_key
            order by score desc, activity_type asc
        ) as candidate_rank
    from scored
    where score >= {{ lowest_score }}
),

final as (
    select
        pairs.site_id,
        pairs.category,
        pairs.action,
        ranked.candidate_rank,
        ranked.activity_type,
        ranked.score,
        'words: ' || ranked.matched_words
        {%- for column in ['label_kind', 'page', 'behaviour'] %}
        || coalesce('; ' || {{ observation_in_words('ranked.' ~ column) }}, '')
        {%- endfor %}
        || case when ranked.has_sibling then '; others of the category are of this kind' else '' end
        || coalesce('; but: ' || ranked.doubt_word, '') as reason
    from ranked
    inner join pairs on ranked.pair_key = pairs.pair_key
    where ranked.candidate_rank <= 3
)

select * from final
