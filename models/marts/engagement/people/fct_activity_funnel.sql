-- From the plan to the credit: how many of a session's people registered, attended, engaged and were credited.
-- Grain: one row per public session and stage, four a session.
-- The rules: engagement_rules.md in the folder above.

with sessions as (
    select * from {{ ref('fct_sessions') }}
    where session_type = 'session'
),

session_events as (
    select * from {{ ref('int_session_events') }}
),

attendance as (
    select * from {{ ref('fct_session_attendance') }}
),

evidence as (
    select * from {{ ref('int_presence_evidence') }}
),

credits as (
    select * from {{ ref('fct_credit_evidence') }}
    where earned_count > 0
),

activities as (
    select
        session_key,
        site_id || ':' || user_id as user_key,
        1 as stage_number
    from session_events
    where session_event = 'attend'
    union all
    select
        session_key,
        user_key,
        2 as stage_number
    from attendance
    where is_attended
    union all
    select
        session_key,
        site_id || ':' || user_id as user_key,
        3 as stage_number
    from evidence
    union all
    select
        coalesce(credits.session_key, sessions.session_key) as session_key,
        credits.user_key,
        4 as stage_number
    from credits
    inner join sessions on credits.content_key = sessions.content_key
    -- A user who was credited before coming, or without, counts in the first session of the page.
    where sessions.occurrence_number = 1
),

people as (
    select
        session_key,
        user_key,
        bool_or(stage_number = 1) as is_registered,
        bool_or(stage_number = 2) as is_attended,
        bool_or(stage_number = 3) as is_engaged,
        bool_or(stage_number = 4) as is_credited
    from activities
    group by 1, 2
),

counted as (
    {%- set stages = ['registered', 'attended', 'engaged', 'credited'] %}
    {%- for stage in stages %}
    select
        session_key,
        {{ loop.index }} as stage_number,
        '{{ stage }}' as stage,
        count(*) filter (where is_{{ stage }}) as people_count,
        {%- if loop.first %}
        cast(null as bigint) as continued_count,
        cast(null as bigint) as previous_count
        {%- else %}
        count(*) filter (where is_{{ stage }} and is_{{ loop.previtem }}) as continued_count,
        count(*) filter (where is_{{ loop.previtem }}) as previous_count
        {%- endif %}
    from people
    group by 1
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        sessions.session_key,
        sessions.content_key,
        sessions.site_id,
        sessions.content_id,
        sessions.session_name,
        counted.stage_number,
        counted.stage,
        counted.people_count,
        counted.continued_count,
        cast(counted.continued_count as double) / nullif(counted.previous_count, 0) as continued_ratio
    from counted
    inner join sessions on counted.session_key = sessions.session_key
)

select * from final
