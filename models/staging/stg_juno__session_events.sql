-- Sessions that users added to their schedule (attend), entered while live (joined) and left.
-- Grain: one row per attend, joined or left.

with activities as (
    {{ family_activities('session_events') }}
),

-- A sub-breakout is labelled 'Breakout from [Session name] [#ID]'. The name may hold # itself, so
-- the last one counts. Few labels are in many records, so each is parsed once.
labels as (
    select
        label,
        {{ regex_group("label", breakout_pattern(), 1) }} as parent_name,
        {{ regex_group("label", breakout_pattern(), 2) }} as label_id
    from activities
    group by 1
),

parsed as (
    select
        activities.*,
        labels.parent_name,
        labels.label_id
    from activities
    left join labels on activities.label = labels.label
),

-- A public session may really be named 'Breakout from …'. Without an id it is no sub-breakout. With
-- one it looks like one, but it has a page of its own, which bears that very name; a sub-breakout
-- has none, so its page is its parent's or blank.
told_apart as (
    select
        *,
        label_id is not null and not coalesce(label = content_name, false) as is_breakout
    from parsed
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        case activity_type
            when 'session_attend_clicked' then 'attend'
            when 'session_joined' then 'joined'
            when 'session_left' then 'left'
        end as session_event,
        case when is_breakout then parent_name else label end as session_name,
        is_breakout,
        case when is_breakout then label_id end as breakout_id,
        label,
        has_content_columns,
        report_id,
        record_number
    from told_apart
)

select * from final
