-- Watching of videos, and progress in them. What the report says of it is not documented.
-- Grain: one row per watched or progress record.

{%- set words_before = "(?:(?:watched|progress|position)[ _:=-]*)?" %}
{%- set words_after = "(?: *(?:watched|complete|completed))?" %}
{%- set percent = "[ _]*(?:%|percent|pct)" ~ words_after %}
{%- set seconds = "[ _]*s(?:ec(?:ond)?s?)?" ~ words_after %}
{%- set minutes = "[ _]*min(?:ute)?s?" ~ words_after %}
{%- set clock = "^((?:[0-9]{1,2}:[0-5][0-9]|[0-9]{1,3}):[0-5][0-9])$" %}

with activities as (
    {{ family_activities('video_events') }}
),

-- The value is in the label, or in the action where the label holds the name of the content. Few texts are in
-- many records, so each is parsed once.
parsed as (
    select
        label,
        action,
        coalesce(
            {{ decimal_number("label", before=words_before, after=percent, type="decimal(9, 4)") }},
            {{ decimal_number("action", before=words_before, after=percent, type="decimal(9, 4)") }}
        ) as progress_percent,
        coalesce(
            {{ decimal_number("label", before=words_before, after=seconds, type="decimal(12, 3)") }},
            {{ decimal_number("action", before=words_before, after=seconds, type="decimal(12, 3)") }},
            cast(
                60 * {{ decimal_number("label", before=words_before, after=minutes, type="decimal(9, 3)") }}
                as decimal(12, 3)
            ),
            cast(
                60 * {{ decimal_number("action", before=words_before, after=minutes, type="decimal(9, 3)") }}
                as decimal(12, 3)
            )
        ) as unit_seconds,
        coalesce({{ regex_group("label", clock) }}, {{ regex_group("action", clock) }}) as clock_text
    from activities
    group by 1, 2
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
        label,
        action,
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
        activities.activity_key,
        activities.site_id,
        activities.user_id,
        activities.content_id,
        activities.activity_type,
        activities.occurred_at,
        measured.progress_ratio,
        measured.position_seconds,
        activities.label is not null
        and measured.progress_ratio is null
        and measured.position_seconds is null as is_progress_unparsed,
        activities.category,
        activities.action,
        activities.label,
        activities.report_id,
        activities.record_number
    from activities
    inner join measured
        on
            activities.label is not distinct from measured.label
            and activities.action is not distinct from measured.action
)

select * from final
