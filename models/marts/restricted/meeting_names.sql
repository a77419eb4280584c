-- Names of private meetings, which hold a person's. Personal data.
-- Grain: one row per private meeting.

with sessions as (
    select * from {{ ref('int_sessions') }}
    where session_type = 'private_meeting'
),

final as (
    select
        session_key,
        site_id || ':' || content_id as content_key,
        site_id,
        session_name as meeting_name
    from sessions
)

select * from final
