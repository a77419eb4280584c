-- Sessions and meetings with the ranges of what was attended, the fullest first.
select
    sessions.session_key,
    sessions.site_id,
    sessions.content_key,
    sessions.session_name,
    sessions.session_type,
    sessions.session_date,
    sessions.started_at,
    sessions.ended_at,
    sessions.window_source,
    sessions.registered_count,
    sessions.unique_people_count,
    sessions.attendee_count,
    sessions.proven_attendee_count,
    sessions.possible_attendee_count,
    -- A session without a Joined may still be to come.
    case when sessions.unique_people_count > 0 then sessions.no_show_count end as no_show_count,
    sessions.left_early_count,
    sessions.proven_left_early_count,
    sessions.possible_left_early_count,
    sessions.stayed_count,
    sessions.proven_stayed_count,
    sessions.possible_stayed_count,
    sessions.left_early_count / nullif(sessions.attendee_count, 0) as left_early_ratio,
    -- Only the fullest sessions have them.
    most_at_once.peak_people_count,
    most_at_once.proven_people_count,
    most_at_once.possible_people_count,
    sessions.average_likely_seconds,
    sessions.proven_seconds,
    sessions.likely_seconds,
    sessions.possible_seconds
from marts.fct_sessions as sessions
left join most_at_once on sessions.session_key = most_at_once.session_key
order by sessions.unique_people_count desc nulls last, sessions.session_key asc
