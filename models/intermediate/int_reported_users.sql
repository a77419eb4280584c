-- The users of the unique users reports, each matched with a user of the activities. Personal data.
-- Grain: one row per site and reported user; a user_id stands on one row of its site at most.

with users as (
    select
        *,
        {{ lowered('email') }} as folded_email
    from {{ ref('stg_juno__users') }}
),

active_users as (
    select
        site_id,
        user_id,
        {{ lowered('email') }} as folded_email
    from {{ ref('int_active_users') }}
),

active_emails as (
    select
        site_id,
        folded_email,
        min(user_id) as user_id,
        count(*) as user_count
    from active_users
    where folded_email is not null
    group by 1, 2
),

reported_ids as (
    select
        site_id,
        user_id
    from users
    where user_id is not null
),

reported_emails as (
    select
        site_id,
        folded_email,
        count(user_id) as user_count
    from users
    where folded_email is not null
    group by 1, 2
),

-- An e-mail that two ids share decides nothing, and a user who is matched by id is not also another one by e-mail.
matched as (
    select
        users.*,
        active_emails.user_id as email_user_id,
        active_users.folded_email <> users.folded_email as is_other_email,
        case
            when active_users.user_id is not null then 'user_id'
            when active_emails.user_count > 1 then 'ambiguous'
            when active_emails.user_id is null then 'none'
            when reported_emails.user_count > 1 then 'ambiguous'
            when users.user_id is not null and reported_ids.user_id is not null then 'none'
            else 'email'
        end as match_kind
    from users
    left join active_users
        on
            users.site_id = active_users.site_id
            and users.user_id = active_users.user_id
    left join active_emails
        on
            users.site_id = active_emails.site_id
            and users.folded_email = active_emails.folded_email
    left join reported_emails
        on
            users.site_id = reported_emails.site_id
            and users.folded_email = reported_emails.folded_email
    left join reported_ids
        on
            active_emails.site_id = reported_ids.site_id
            and active_emails.user_id = reported_ids.user_id
),

resolved as (
    select
        *,
        case when match_kind = 'email' then email_user_id else user_id end as resolved_user_id
    from matched
),

-- A user may have an id in one report and only an e-mail in another: the newer report counts.
ranked as (
    select
        *,
        row_number() over (
            partition by site_id, resolved_user_id
            order by report_date desc, loaded_at desc, report_id desc, record_number desc
        ) > 1 and resolved_user_id is not null as is_superseded
    from resolved
),

final as (
    select
        case when not is_superseded then site_id || ':' || resolved_user_id end as user_key,
        reported_user_key,
        site_id,
        case when not is_superseded then resolved_user_id end as user_id,
        user_id as reported_user_id,
        case when is_superseded then 'superseded' else match_kind end as match_kind,
        coalesce(match_kind = 'user_id' and is_other_email, false) as is_email_different,
        first_name,
        last_name,
        company,
        email,
        title,
        job_type,
        phone,
        city,
        state_province,
        country,
        is_administrator,
        tags,
        created_at,
        last_login_at,
        report_id,
        record_number
    from ranked
)

select * from final
