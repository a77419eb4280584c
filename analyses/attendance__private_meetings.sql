-- How many private meetings took place, and how long were they?
-- Each side sees its own name of a meeting; two names are one meeting where they fit. Meetings without people are left
-- out.
select
    count(*) as meetings,
    sum(unique_people_count)::int as people,
    round(max(likely_seconds) / 60)::int as longest_likely_minutes,
    round(max(possible_seconds) / 60)::int as longest_possible_minutes
from marts.fct_sessions
where session_type = 'private_meeting' and unique_people_count > 0
