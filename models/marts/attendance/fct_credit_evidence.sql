-- Credits that the log books, held against the attendance bracket: does the log support the certificate?
-- Grain: one row per site, user and content with a credit earned or claimed.
-- The rules, and what they cannot know: attendance_rules.md beside this file.

with credits as (
    select * from {{ ref('stg_juno__credits') }}
    where user_id is not null and content_id is not null
),

attendance as (
    select
        *,
        coalesce(first_joined_at, last_left_at) as entered_at
    from {{ ref('fct_session_attendance') }}
),

corrections as (
    select * from {{ ref('int_attendance_corrections') }}
    where is_applied
),

-- People who were there by the log, and people who were there by other evidence only.
entered as (
    select
        site_id,
        user_id,
        content_id,
        session_key,
        entered_at
    from attendance
    union all
    select
        corrections.site_id,
        corrections.user_id,
        corrections.content_id,
        corrections.session_key,
        corrections.started_at as entered_at
    from corrections
    left join attendance
        on
            corrections.site_id = attendance.site_id
            and corrections.user_id = attendance.user_id
            and corrections.session_key = attendance.session_key
    where attendance.session_key is null
),

sessions as (
    select distinct
        site_id,
        content_id
    from {{ ref('int_session_events') }}
    where content_id is not null
),

booked as (
    select
        site_id,
        user_id,
        content_id,
        count(*) filter (where activity_type = 'credits_earned') as earned_count,
        cast(sum(credit_amount) as decimal(38, 2)) as earned_credits,
        count(*) filter (where is_credit_amount_unparsed) as unparsed_count,
        min(occurred_at) filter (where activity_type = 'credits_earned') as first_earned_at,
        min_by(activity_key, (occurred_at, activity_key)) filter (where activity_type = 'credits_earned')
            as first_earned_activity_key,
        count(*) filter (where activity_type = 'credits_claimed') as claimed_count,
        min(occurred_at) filter (where activity_type = 'credits_claimed') as first_claimed_at,
        min_by(activity_key, (occurred_at, activity_key)) filter (where activity_type = 'credits_claimed')
            as first_claimed_activity_key
    from credits
    group by 1, 2, 3
),

-- On a page that holds several sessions a credit is for the last one that the user had entered before it was booked,
-- and for the first one where it was booked before.
credited as (
    select
        booked.site_id,
        booked.user_id,
        booked.content_id,
        coalesce(
            max_by(entered.session_key, (entered.entered_at, entered.session_key)) filter (
                where entered.entered_at <= coalesce(booked.first_earned_at, booked.first_claimed_at)
            ),
            min_by(entered.session_key, (entered.entered_at, entered.session_key))
        ) as session_key
    from booked
    inner join entered
        on
            booked.site_id = entered.site_id
            and booked.user_id = entered.user_id
            and booked.content_id = entered.content_id
    group by 1, 2, 3
),

final as (
    select
        booked.site_id || ':' || booked.user_id as user_key,
        booked.site_id || ':' || booked.content_id as content_key,
        credited.session_key,
        booked.first_earned_activity_key,
        booked.first_claimed_activity_key,
        booked.site_id,
        booked.user_id,
        booked.content_id,
        case
            when sessions.content_id is null then 'not_a_session'
            when corrections.is_attended_corrected then 'supported'
            when not corrections.is_attended_corrected then 'unsupported'
            when attendance.is_attended_proven then 'supported'
            when attendance.is_attended_possible then 'undecidable'
            else 'unsupported'
        end as verdict,
        {{ local_date('coalesce(booked.first_earned_at, booked.first_claimed_at)') }} as booked_date,
        booked.first_earned_at,
        booked.first_claimed_at,
        booked.earned_count,
        booked.earned_credits,
        booked.unparsed_count,
        booked.claimed_count,
        coalesce(attendance.proven_seconds, 0) as proven_seconds,
        coalesce(attendance.likely_seconds, 0) as likely_seconds,
        coalesce(attendance.possible_seconds, 0) as possible_seconds,
        corrections.corrected_seconds,
        corrections.session_key is not null as is_corrected
    from booked
    left join credited
        on
            booked.site_id = credited.site_id
            and booked.user_id = credited.user_id
            and booked.content_id = credited.content_id
    left join attendance
        on
            credited.site_id = attendance.site_id
            and credited.user_id = attendance.user_id
            and credited.session_key = attendance.session_key
    left join corrections
        on
            credited.site_id = corrections.site_id
            and credited.user_id = corrections.user_id
            and credited.session_key = corrections.session_key
    left join sessions on booked.site_id = sessions.site_id and booked.content_id = sessions.content_id
)

select * from final
