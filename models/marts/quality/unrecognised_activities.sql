-- Categories and actions that no alias knows, with what they might mean and the row that would name them.
-- Grain: one row per site, category and action.

with activities as (
    select * from {{ ref('stg_juno__unrecognised_activities') }}
),

candidates as (
    select * from {{ ref('int_activity_candidates') }}
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

ranked_candidates as (
    select
        site_id,
        category,
        action,
        {%- for number in [1, 2, 3] %}
        max(case when candidate_rank = {{ number }} then activity_type end) as candidate_{{ number }}_activity_type,
        max(case when candidate_rank = {{ number }} then score end) as candidate_{{ number }}_score,
        max(case when candidate_rank = {{ number }} then reason end) as candidate_{{ number }}_reason
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from candidates
    group by 1, 2, 3
),

-- The activity type of the row is for a person to fill in: without one it names nothing.
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
        || ',' || {{ csv_field(as_pattern('pairs.category')) }}
        || ',' || {{ csv_field(as_pattern('pairs.action')) }}
        || ',any,,50,,' as suggested_alias,
        {%- for number in [1, 2, 3] %}
        ranked_candidates.candidate_{{ number }}_activity_type,
        ranked_candidates.candidate_{{ number }}_score,
        ranked_candidates.candidate_{{ number }}_reason
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from pairs
    left join examples
        on
            pairs.site_id = examples.site_id
            and pairs.category = examples.category
            and pairs.action = examples.action
    left join ranked_candidates
        on
            pairs.site_id = ranked_candidates.site_id
            and pairs.category = ranked_candidates.category
            and pairs.action = ranked_candidates.action
)

select * from final
