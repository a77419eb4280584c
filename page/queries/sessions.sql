-- Sessions and meetings with the bracket of what was attended, the fullest first.
select
    session_key,
    site_id,
    content_key,
    session_name,
    session_type,
    session_date,
    started_at,
    ended_at,
    window_source,
    registered_count,
    unique_people_count,
    attendee_count,
    no_show_count,
    left_early_count,
    attendee_count - left_early_count as stayed_count,
    left_early_count / nullif(attendee_count, 0) as left_early_ratio,
    peak_people_count,
    average_likely_seconds,
    proven_seconds,
    likely_seconds,
    possible_seconds
from marts.fct_sessions
order by unique_people_count desc nulls last, session_key asc
