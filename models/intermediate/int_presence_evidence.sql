-- Activities on the page of a session that show presence: chat, answers, hands, reactions.
-- Grain: one row per site, user, session and second.

with activities as (
    select * from {{ ref('fct_activities') }}
    where user_id is not null and content_id is not null
),

evidence_types as (
    select * from {{ ref('activity_types') }}
    where is_presence_evidence
),

-- A page with one session decides it; else the activity's own time does.
pages as (
    select * from {{ ref('int_page_sessions') }}
    where occurrence_number = 1
),

activity_sessions as (
    select * from {{ ref('int_activity_sessions') }}
),

live_sessions as (
    select session_key from {{ ref('int_page_sessions') }}
    where is_live
),

placed as (
    select
        activities.site_id,
        activities.user_id,
        coalesce(activity_sessions.session_key, pages.session_key) as session_key,
        activities.occurred_at
    from activities
    inner join evidence_types on activities.activity_type = evidence_types.activity_type
    inner join pages on activities.site_id = pages.site_id and activities.content_id = pages.content_id
    left join activity_sessions on activities.activity_key = activity_sessions.activity_key
),

final as (
    select distinct placed.*
    from placed
    inner join live_sessions on placed.session_key = live_sessions.session_key
)

select * from final
