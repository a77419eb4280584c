-- Credits that the log books, held against the attendance bracket: does the log support the certificate?
-- Grain: one row per site, user, content and session with a credit earned or claimed; all that was booked before the
-- user entered any session of the page is one.
-- The rules, and what they cannot know: attendance_rules.md beside this file.

-- A claim is for what was earned last before it.
with credits as (
    select
        *,
        coalesce(
            max(case when activity_type = 'credits_earned' then occurred_at end)
                over (partition by site_id, user_id, content_id order by occurred_at),
            occurred_at
        ) as credited_at
    from {{ ref('stg_juno__credits') }}
    where user_id is not null and content_id is not null
),

attendance as (
    select * from {{ ref('fct_session_attendance') }}
),

intervals as (
    select * from {{ ref('fct_presence_intervals') }}
),

corrections as (
    select * from {{ ref('int_attendance_corrections') }}
    where is_applied
),

-- A user with a Left and no Joined may have been there before it, and one with a correction from the start.
entered as (
    select
        site_id,
        user_id,
        content_id,
        session_key,
        coalesce(first_joined_at, last_left_at) as entered_at
    from attendance
    union all
    select
        site_id,
        user_id,
        content_id,
        session_key,
        started_at as entered_at
    from intervals
    where opened_by = 'nothing'
    union all
    select
        site_id,
        user_id,
        content_id,
        session_key,
        started_at as entered_at
    from corrections
),

sessions as (
    select distinct
        site_id,
        content_id
    from {{ ref('int_session_events') }}
    where content_id is not null
),

-- On a page that holds several sessions a credit is for the last one that the user had entered before it was booked.
credited as (
    select
        credits.activity_key,
        max_by(entered.session_key, (entered.entered_at, entered.session_key)) as session_key
    from credits
    inner join entered
        on
            credits.site_id = entered.site_id
            and credits.user_id = entered.user_id
            and credits.content_id = entered.content_id
            and credits.credited_at >= entered.entered_at
    group by 1
),

booked as (
    select
        credits.site_id,
        credits.user_id,
        credits.content_id,
        credited.session_key,
        count(*) filter (where credits.activity_type = 'credits_earned') as earned_count,
        cast(sum(credits.credit_amount) as decimal(38, 2)) as earned_credits,
        count(*) filter (where credits.is_credit_amount_unparsed) as unparsed_count,
        min(credits.occurred_at) filter (where credits.activity_type = 'credits_earned') as first_earned_at,
        min_by(credits.activity_key, (credits.occurred_at, credits.activity_key)) filter (
            where credits.activity_type = 'credits_earned'
        ) as first_earned_activity_key,
        count(*) filter (where credits.activity_type = 'credits_claimed') as claimed_count,
        min(credits.occurred_at) filter (where credits.activity_type = 'credits_claimed') as first_claimed_at,
        min_by(credits.activity_key, (credits.occurred_at, credits.activity_key)) filter (
            where credits.activity_type = 'credits_claimed'
        ) as first_claimed_activity_key
    from credits
    left join credited on credits.activity_key = credited.activity_key
    group by 1, 2, 3, 4
),

final as (
    select
        booked.site_id || ':' || booked.user_id as user_key,
        booked.site_id || ':' || booked.content_id as content_key,
        booked.session_key,
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
    left join attendance
        on
            booked.site_id = attendance.site_id
            and booked.user_id = attendance.user_id
            and booked.session_key = attendance.session_key
    left join corrections
        on
            booked.site_id = corrections.site_id
            and booked.user_id = corrections.user_id
            and booked.session_key = corrections.session_key
    left join sessions on booked.site_id = sessions.site_id and booked.content_id = sessions.content_id
)

select * from final
