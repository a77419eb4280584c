-- Categories and actions that were recognised by a guess. A person confirms them with the row that is shown.
-- Grain: one row per site, category, action and activity type.
-- A guess is what a * of an inferred alias took, and what was read in another form.

with patterns as (
    select * from {{ ref('base_juno__activity_patterns') }}
    where is_to_confirm
),

activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate
),

guesses as (
    select
        site_id,
        coalesce({{ cleaned('category') }}, '') as category,
        coalesce({{ cleaned('action') }}, '') as action,
        activity_type,
        min(alias_evidence) as alias_evidence,
        min(alias_pattern) as alias_pattern
    from patterns
    group by 1, 2, 3, 4
),

final as (
    select
        guesses.site_id,
        guesses.category,
        guesses.action,
        guesses.activity_type,
        guesses.alias_evidence,
        guesses.alias_pattern,
        count(*) as activity_count,
        count(distinct activities.user_id) as unique_user_count,
        guesses.site_id
        || ',' || {{ csv_field(as_pattern('guesses.category')) }}
        || ',' || {{ csv_field(as_pattern('guesses.action')) }}
        || ',any,' || guesses.activity_type || ',50,,' as confirming_alias
    from guesses
    inner join activities
        on
            guesses.site_id = activities.site_id
            and guesses.category = activities.category
            and guesses.action = activities.action
            and guesses.activity_type = activities.activity_type
    group by 1, 2, 3, 4, 5, 6
)

select * from final
