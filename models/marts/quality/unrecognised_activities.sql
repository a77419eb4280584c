-- Categories and actions that no alias knows, with the row that would name them.
-- Grain: one row per site, category and action.

with activities as (
    select * from {{ ref('stg_juno__unrecognised_activities') }}
),

-- Labels can hold anything, so that only their form is shown.
shapes as (
    select
        site_id,
        category,
        action,
        {{ text_shape('substr(label, 1, 40)') }} as label_shape,
        count(*) as label_count
    from activities
    where label is not null
    group by 1, 2, 3, 4
),

ranked_shapes as (
    select
        *,
        row_number() over (
            partition by site_id, category, action
            order by label_count desc, label_shape asc
        ) as shape_rank
    from shapes
),

examples as (
    select
        site_id,
        category,
        action,
        {{ dbt.listagg("label_shape", "' | '", "order by shape_rank") }} as example_labels
    from ranked_shapes
    where shape_rank <= 3
    group by 1, 2, 3
),

pairs as (
    select
        site_id,
        category,
        action,
        count(*) as activity_count,
        count(distinct user_id) as unique_user_count,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from activities
    group by 1, 2, 3
),

final as (
    select
        pairs.site_id,
        pairs.category,
        pairs.action,
        pairs.activity_count,
        pairs.unique_user_count,
        examples.example_labels,
        pairs.first_seen_at,
        pairs.last_seen_at,
        pairs.site_id
        || ',' || {{ csv_field('pairs.category') }}
        || ',' || {{ csv_field('pairs.action') }}
        || ',any,other_activity,50,' as suggested_alias
    from pairs
    left join examples
        on
            pairs.site_id = examples.site_id
            and pairs.category = examples.category
            and pairs.action = examples.action
)

select * from final
