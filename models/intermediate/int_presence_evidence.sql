-- What users did on the page of a session that shows they were there: chat, answers, hands, reactions.
-- Grain: one row per site, user, session and second.

with activities as (
    select * from {{ ref('base_juno__activities') }}
    where not is_duplicate and user_id is not null and content_id is not null
),

evidence_types as (
    select * from {{ ref('activity_types') }}
    where is_presence_evidence
),

sessions as (
    select distinct
        site_id,
        content_id,
        session_key
    from {{ ref('int_session_events') }}
    where session_event in ('joined', 'left')
),

final as (
    select distinct
        activities.site_id,
        activities.user_id,
        sessions.session_key,
        activities.occurred_at
    from activities
    inner join evidence_types on activities.activity_type = evidence_types.activity_type
    inner join sessions
        on activities.site_id = sessions.site_id and activities.content_id = sessions.content_id
)

select * from final
