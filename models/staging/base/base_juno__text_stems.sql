-- The words of each category and action, of the aliases and of the dictionary of words, in their normal form.
-- Grain: one row per text and word stem.

{%- set text_columns = [
    ("pairs", "category"), ("pairs", "action"),
    ("guide_aliases", "category_pattern"), ("guide_aliases", "action_pattern"),
    ("activity_types", "activity_name"), ("words", "word"), ("words", "stands_for"), ("clues", "value"),
] %}

with pairs as (
    select * from {{ ref('base_juno__activity_pairs') }}
),

activity_types as (
    select * from {{ ref('activity_types') }}
),

guide_aliases as (
    select * from {{ ref('activity_aliases') }}
),

words as (
    select * from {{ ref('activity_words') }}
),

clues as (
    select * from {{ ref('activity_clues') }}
),

texts as (
    {%- for relation, column in text_columns %}
    select {{ column }} as text from {{ relation }}
    where {{ column }} is not null
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
    -- As later models see them.
    {%- for column in ['category', 'action'] %}
    union
    select {{ cleaned(column) }} from pairs
    where {{ cleaned(column) }} is not null
    {%- endfor %}
),

forms as (
    select
        word,
        stands_for
    from words
    where kind = 'form'
),

final as (
    {{ word_stems('texts', 'text', 'forms') }}
)

select * from final
