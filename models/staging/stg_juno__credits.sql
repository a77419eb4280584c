-- CE/CME credits that users earned, and those that they claimed or downloaded.
-- Grain: one row per credits earned or claimed.

{%- set accumulative = "accumulative content" %}
{%- set words_before = "(?:" ~ accumulative ~ "[ :-]*)?" %}
{%- set unit = "(?: *(?:ce/cme|ce|cme|ceus?|cpe|cpd|cle|pdus?|cne))?(?: *(?:credits?|hours?))?" %}
{%- set words_after = "(?:[ (-]*" ~ accumulative ~ "[)]?)?" %}

with activities as (
    {{ family_activities('credits') }}
),

-- In plain digits: 1½ is 1.5.
plain as (
    select
        *,
        {{ plain_number("label") }} as plain_label
    from activities
),

-- Only an earned record has a number; the words Accumulative Content may be beside it.
parsed as (
    select
        *,
        case
            when activity_type = 'credits_earned' then
                {{ decimal_number("plain_label", before=words_before, after=unit ~ words_after) }}
        end as credit_amount,
        {{ lowered("category || '|' || action || '|' || coalesce(label, '')") }}
        like '%{{ accumulative }}%' as is_accumulative
    from plain
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        credit_amount,
        is_accumulative,
        activity_type = 'credits_earned'
        and credit_amount is null
        and not is_accumulative as is_credit_amount_unparsed,
        category,
        action,
        label,
        report_id,
        record_number
    from parsed
)

select * from final
