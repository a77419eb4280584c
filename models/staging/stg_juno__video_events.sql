-- Watching of videos, and progress in them. What the report says of it is not documented.
-- Grain: one row per watched or progress record.

with activities as (
    {{ family_activities('video_events') }}
),

parsed as (
    select
        *,
        {{ decimal_number("label", after=" *%", type="decimal(9, 4)") }} as progress_percent,
        {{ decimal_number("label", after=" *s(?:ec(?:ond)?s?)?", type="decimal(12, 3)") }}
            as unit_seconds,
        {{ regex_group("label", "^((?:[0-9]{1,2}:[0-5][0-9]|[0-9]{1,3}):[0-5][0-9])$") }}
            as clock_text
    from activities
),

clock_parts as (
    select
        *,
        cast({{ regex_group("clock_text", "^([0-9]+):[0-9]+:") }} as integer) as clock_hours,
        cast({{ regex_group("clock_text", "([0-9]+):[0-9]+$") }} as integer) as clock_minutes,
        cast({{ regex_group("clock_text", "([0-9]+)$") }} as integer) as clock_seconds
    from parsed
),

measured as (
    select
        *,
        case
            when progress_percent <= 100 then cast(progress_percent * 0.01 as decimal(9, 6))
        end as progress_ratio,
        coalesce(
            unit_seconds,
            cast(
                3600 * coalesce(clock_hours, 0) + 60 * clock_minutes + clock_seconds
                as decimal(12, 3)
            )
        ) as position_seconds
    from clock_parts
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        progress_ratio,
        position_seconds,
        label is not null
        and progress_ratio is null
        and position_seconds is null as is_progress_unparsed,
        category,
        action,
        label,
        report_id,
        record_number
    from measured
)

select * from final
