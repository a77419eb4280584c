{#-
    When a row of the schedule opens, if it is one of several of its page: in the middle between the end of the row before
    and its own start, some hours before the start at most, and the buffer before it at least.
-#}
{% macro row_opens_at(starts_at, last_ended_at) -%}
    least(
        {{ add_minutes(starts_at, - var('session_buffer_before_minutes')) }},
        greatest(
            {{ add_minutes(starts_at, -60 * var('meeting_gap_hours')) }},
            {{ add_seconds(last_ended_at, 'cast(floor(' ~ seconds_between(last_ended_at, starts_at) ~ ' / 2) as bigint)') }}
        )
    )
{%- endmacro %}
