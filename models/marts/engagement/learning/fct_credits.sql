-- Credits (CE/CME) of each user: what was earned on a page, and what of it is still to be claimed.
-- Grain: one row per site, user and content with a credit earned or claimed; all that is off a content page is one.
-- Whether attendance supports them: fct_credit_evidence. The rules: answers_and_progress_rules.md in the folder above.

with credits as (
    select * from {{ ref('stg_juno__credits') }}
    where user_id is not null
),

-- A claim settles all that was earned until then, in its own second too.
settled as (
    select
        *,
        max(case when activity_type = 'credits_claimed' then occurred_at end)
            over (partition by site_id, user_id, content_id)
            as last_claimed_at
    from credits
),

activities as (
    select
        *,
        activity_type = 'credits_earned' as is_earned,
        activity_type = 'credits_earned' and coalesce(occurred_at > last_claimed_at, true) as is_open
    from settled
),

final as (
    select
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        site_id,
        user_id,
        content_id,
        bool_or(is_accumulative) as is_accumulative,
        min(case when is_earned then occurred_at end) as first_earned_at,
        max(case when is_earned then occurred_at end) as last_earned_at,
        last_claimed_at,
        count(*) filter (where is_earned) as earned_count,
        count(*) filter (where activity_type = 'credits_claimed') as claimed_count,
        count(*) filter (where is_open) as open_count,
        count(*) filter (where is_credit_amount_unparsed) as unparsed_count,
        cast(sum(credit_amount) as decimal(38, 2)) as earned_credits,
        cast(
            case when bool_or(is_open) then sum(case when is_open then credit_amount end) else 0 end as decimal(38, 2)
        ) as open_credits
    from activities
    group by site_id, user_id, content_id, last_claimed_at
)

select * from final
