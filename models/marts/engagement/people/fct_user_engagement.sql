-- How engaged each user is: since when, how often, how broadly, live or on demand, and a score.
-- Grain: one row per site and user with an activity.
-- The score is this project's own: engagement_rules.md in the folder above.

with audiences as (
    select * from {{ ref('int_content_audiences') }}
    where user_key is not null
),

active_users as (
    select * from {{ ref('int_active_users') }}
),

user_days as (
    select * from {{ ref('fct_user_days') }}
),

attendance as (
    select * from {{ ref('fct_session_attendance') }}
),

weights as (
    select * from {{ ref('engagement_weights') }}
),

activities as (
    select
        user_key,
        count(content_key) as content_count,
        count(*) filter (where on_demand_count > 0) as on_demand_content_count,
        {%- for part in engagement_activity_parts() %}
        cast(sum({{ part }}_count) as bigint) as {{ part }}_count,
        {%- endfor %}
        cast(sum(activity_count) as bigint) as activity_count
    from audiences
    group by 1
),

days as (
    select
        user_key,
        count(*) as active_day_count,
        {%- set counts = [] %}
        {%- for family in activity_families() %}
        {%- do counts.append("max(case when " ~ family ~ "_count > 0 then 1 else 0 end)") %}
        {%- endfor %}
        cast({{ counts | join("\n        + ") }} as bigint) as activity_family_count
    from user_days
    group by 1
),

attended as (
    select
        user_key,
        count(*) as live_session_count,
        count(*) filter (where is_attended) as attended_session_count,
        cast(sum(likely_seconds) as bigint) as likely_seconds
    from attendance
    where session_type = 'session'
    group by 1
),

counted as (
    select
        activities.*,
        active_users.site_id,
        active_users.user_id,
        active_users.first_seen_at,
        active_users.last_seen_at,
        days.active_day_count,
        days.activity_family_count,
        coalesce(attended.live_session_count, 0) as live_session_count,
        coalesce(attended.attended_session_count, 0) as attended_session_count,
        coalesce(attended.likely_seconds, 0) as likely_seconds,
        -- Minutes, where the other parts count activities.
        cast(coalesce(attended.likely_seconds, 0) as double) / 60 as attendance_count
    from activities
    inner join active_users on activities.user_key = active_users.user_key
    inner join days on activities.user_key = days.user_key
    left join attended on activities.user_key = attended.user_key
),

-- The weights as one row, with a column per part.
scale as (
    select
        {%- for part in engagement_parts() %}
        cast(max(case when engagement_part = '{{ part }}' then full_amount end) as double) as {{ part }}_full_amount,
        cast(max(case when engagement_part = '{{ part }}' then weight end) as double) as {{ part }}_weight,
        {%- endfor %}
        cast(greatest(1, sum(weight)) as double) as total_weight
    from weights
),

shared as (
    select
        counted.*,
        {%- for part in engagement_parts() %}
        scale.{{ part }}_weight / scale.total_weight as {{ part }}_weight,
        least(1.0, counted.{{ part }}_count / scale.{{ part }}_full_amount) as {{ part }}_share,
        {%- endfor %}
        scale.total_weight
    from counted
    cross join scale
),

scored as (
    select
        *,
        {%- for part in engagement_parts() %}
        100 * {{ part }}_weight * {{ part }}_share as {{ part }}_score{% if not loop.last %},{% endif %}
        {%- endfor %}
    from shared
),

final as (
    select
        user_key,
        site_id,
        user_id,
        case
            when live_session_count > 0 and on_demand_content_count > 0 then 'both'
            when live_session_count > 0 then 'live'
            when on_demand_content_count > 0 then 'on_demand'
            else 'neither'
        end as audience_kind,
        first_seen_at,
        last_seen_at,
        active_day_count,
        activity_count,
        activity_family_count,
        content_count,
        live_session_count,
        attended_session_count,
        likely_seconds,
        on_demand_content_count,
        {%- for part in engagement_activity_parts() %}
        {{ part }}_count,
        {%- endfor %}
        {%- set scores = [] %}
        {%- for part in engagement_parts() %}
        {%- do scores.append(part ~ "_score") %}
        {{ part }}_score,
        {%- endfor %}
        {{ scores | join("\n        + ") }} as engagement_score
    from scored
)

select * from final
