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

live_sessions as (
    select session_key from {{ ref('int_page_sessions') }}
    where is_live
),

evidence as (
    select
        activities.activity_key,
        activities.site_id,
        activities.content_id,
        activities.user_id,
        activities.occurred_at
    from activities
    inner join evidence_types on activities.activity_type = evidence_types.activity_type
),

placed as (
    {{ with_session_key('evidence') }}
),

final as (
    select distinct
        placed.site_id,
        placed.user_id,
        placed.session_key,
        placed.occurred_at
    from placed
    inner join live_sessions on placed.session_key = live_sessions.session_key
)

select * from final
