-- What the categories and actions in the reports mean, by the aliases of the dictionary.
-- Grain: one row per site, category, action and blank or present label, as written in the reports.
-- Matching runs on these thousands of distinct pairs; the millions of records only look their pair up.

with activities as (
    select * from {{ source('raw', 'activities') }}
),

reports as (
    select * from {{ ref('base_juno__reports') }}
),

guide_aliases as (
    select * from {{ ref('activity_aliases') }}
),

site_aliases as (
    select * from {{ ref('site_activity_aliases') }}
),

pairs as (
    select
        reports.site_id,
        activities.category,
        activities.action,
        {{ label_state('activities.label') }} as label_state,
        count(*) as record_count
    from activities
    inner join reports on activities.report_id = reports.report_id
    group by 1, 2, 3, 4
),

-- A site's own alias comes before every alias of the guide.
aliases as (
    select
        site_id,
        category_pattern,
        action_pattern,
        label_state,
        activity_type,
        'site' as alias_evidence,
        1 as precedence,
        priority
    from site_aliases
    union all
    select
        cast(null as {{ dbt.type_string() }}) as site_id,
        category_pattern,
        action_pattern,
        label_state,
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
        pairs.label_state,
        aliases.activity_type,
        aliases.alias_evidence,
        coalesce(aliases.category_pattern, '') || ' / ' || coalesce(aliases.action_pattern, '') as alias_pattern,
        dense_rank() over (
            partition by pairs.site_id, pairs.category, pairs.action, pairs.label_state
            order by aliases.precedence asc, aliases.priority desc
        ) as match_rank
    from pairs
    inner join aliases
        on
            (aliases.site_id is null or pairs.site_id = aliases.site_id)
            and aliases.label_state in ('any', pairs.label_state)
            and {{ wildcard_match('pairs.category', 'aliases.category_pattern') }}
            and {{ wildcard_match('pairs.action', 'aliases.action_pattern') }}
),

best_matches as (
    select
        site_id,
        category,
        action,
        label_state,
        min(activity_type) as activity_type,
        min(alias_evidence) as alias_evidence,
        min(alias_pattern) as alias_pattern,
        count(distinct activity_type) as best_type_count
    from matches
    where match_rank = 1
    group by 1, 2, 3, 4
),

final as (
    select
        pairs.site_id,
        pairs.category,
        pairs.action,
        pairs.label_state,
        coalesce(best_matches.activity_type, 'unrecognised') as activity_type,
        coalesce(best_matches.alias_evidence, 'none') as alias_evidence,
        best_matches.alias_pattern,
        coalesce(best_matches.best_type_count, 0) as best_type_count,
        pairs.record_count
    from pairs
    left join best_matches
        on
            pairs.site_id = best_matches.site_id
            and pairs.category = best_matches.category
            and pairs.action = best_matches.action
            and pairs.label_state = best_matches.label_state
)

select * from final
